-- What is known of each toy.
ALTER TABLE objects
    ADD COLUMN color text NOT NULL,
    ADD COLUMN wheels bigint,
    ADD COLUMN parts json NOT NULL,
    ADD COLUMN run_id uuid;
CREATE UNIQUE INDEX ON objects (namespace, name);

-- What is known of each dataset.
ALTER TABLE objects
    ADD COLUMN location text NOT NULL,
    ADD COLUMN digest text NOT NULL,
    ADD COLUMN columns json NOT NULL,
    ADD COLUMN row_count bigint,
    ADD COLUMN column_count bigint;
CREATE UNIQUE INDEX ON objects (namespace, name, digest);

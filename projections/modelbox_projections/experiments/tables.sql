-- What is known of each experiment.
ALTER TABLE objects
    ADD COLUMN framework text NOT NULL,
    ADD COLUMN external_id text NOT NULL,
    ADD COLUMN parent_id uuid;
CREATE UNIQUE INDEX ON objects (namespace, name);
CREATE INDEX ON objects (parent_id, created_position) WHERE parent_id IS NOT NULL;

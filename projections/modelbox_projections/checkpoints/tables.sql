-- What is known of each training checkpoint.
ALTER TABLE objects
    ADD COLUMN experiment_id uuid NOT NULL,
    ADD COLUMN run_id uuid,
    ADD COLUMN epoch bigint,
    ADD COLUMN step bigint;
CREATE INDEX ON objects (experiment_id, created_position);
CREATE INDEX ON objects (run_id, created_position) WHERE run_id IS NOT NULL;

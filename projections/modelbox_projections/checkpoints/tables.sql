-- What is known of each training checkpoint.
ALTER TABLE objects
    ADD COLUMN experiment_id uuid NOT NULL,
    ADD COLUMN run_id uuid,
    ADD COLUMN epoch bigint,
    ADD COLUMN step bigint;
CREATE INDEX ON objects (experiment_id, created_position);
CREATE INDEX ON objects (run_id, created_position) WHERE run_id IS NOT NULL;

CREATE VIEW checkpoints AS
SELECT
    id, namespace, experiment_id, run_id, epoch, step, labels, deleted_at, created_at,
    greatest(updated_at, (
        SELECT touched.at FROM touches AS touched
        WHERE touched.object_id = objects.id
        ORDER BY touched.position DESC
        LIMIT 1
    )) AS updated_at,
    created_position
FROM objects;

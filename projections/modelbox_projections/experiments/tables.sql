-- What is known of each experiment.
ALTER TABLE objects
    ADD COLUMN framework text NOT NULL,
    ADD COLUMN external_id text NOT NULL,
    ADD COLUMN parent_id uuid;
CREATE UNIQUE INDEX ON objects (namespace, name);
CREATE INDEX ON objects (parent_id, created_position) WHERE parent_id IS NOT NULL;

CREATE VIEW experiments AS
SELECT
    id, namespace, name, owner, framework, task, description, external_id, parent_id, labels, deleted_at,
    created_at,
    greatest(updated_at, (
        SELECT touched.at FROM touches AS touched
        WHERE touched.object_id = objects.id
        ORDER BY touched.position DESC
        LIMIT 1
    )) AS updated_at,
    created_position
FROM objects;

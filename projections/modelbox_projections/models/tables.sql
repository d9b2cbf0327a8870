-- What is known of each model.
CREATE UNIQUE INDEX ON objects (namespace, name);

CREATE VIEW models AS
SELECT
    id, namespace, name, owner, task, description, labels, deleted_at, created_at,
    greatest(updated_at, (
        SELECT touched.at FROM touches AS touched
        WHERE touched.object_id = objects.id
        ORDER BY touched.position DESC
        LIMIT 1
    )) AS updated_at,
    created_position
FROM objects;

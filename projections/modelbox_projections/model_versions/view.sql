-- What readers see of model versions, with the unique tags that each holds.
SELECT
    id, model_id, namespace, version, name, description, framework,
    ARRAY(
        SELECT tags.tag FROM last_tags AS tags
        WHERE tags.model_version_id = objects.id AND objects.deleted_at IS NULL
        ORDER BY tags.tag COLLATE "C"
    ) AS unique_tags,
    experiment_id, run_id, checkpoint_id, labels, deleted_at, created_at,
    greatest(updated_at, (
        SELECT touched.at FROM touches AS touched
        WHERE touched.object_id = objects.id
        ORDER BY touched.position DESC
        LIMIT 1
    )) AS updated_at,
    created_position
FROM objects

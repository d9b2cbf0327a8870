-- The experiments with these ids.
SELECT
    id, namespace, name, owner, framework, task, description, external_id, parent_id, labels, deleted_at,
    created_at, updated_at, created_position
FROM modelbox_views.experiments
WHERE id = ANY ($1::uuid[])

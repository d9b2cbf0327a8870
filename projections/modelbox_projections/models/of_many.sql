-- The models with these ids.
SELECT id, namespace, name, owner, task, description, labels, deleted_at, created_at, updated_at, created_position
FROM modelbox_views.models
WHERE id = ANY ($1::uuid[])

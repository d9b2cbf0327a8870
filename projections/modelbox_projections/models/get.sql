-- The model with this id.
SELECT id, namespace, name, owner, task, description, created_at, updated_at, created_position
FROM modelbox_views.models
WHERE id = $1

-- The model with this namespace and name.
SELECT id, namespace, name, owner, task, description, created_at, updated_at, created_position
FROM modelbox_views.models
WHERE namespace = $1 AND name = $2

-- The $3 newest models of namespace $1 that were created before position $2.
SELECT id, namespace, name, owner, task, description, labels, deleted_at, created_at, updated_at, created_position
FROM modelbox_views.models
WHERE namespace = $1 AND created_position < $2
ORDER BY created_position DESC
LIMIT $3

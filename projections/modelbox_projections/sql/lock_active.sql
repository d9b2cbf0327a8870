-- The active generation of a projection, held still until the end of the transaction.
SELECT name, generation, role, code_version, position, hash, status, error, error_position, updated_at
FROM modelbox_views.projection_state
WHERE name = $1 AND role = 'active'
FOR UPDATE

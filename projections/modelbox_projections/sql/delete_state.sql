-- Forget a generation that has role $3, and say whether there was one; its schema is dropped in the same transaction.
DELETE FROM modelbox_views.projection_state
WHERE name = $1 AND generation = $2 AND role = $3
RETURNING true

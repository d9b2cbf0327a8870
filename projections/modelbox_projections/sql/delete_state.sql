-- Forget a generation; its schema is dropped in the same transaction.
DELETE FROM modelbox_views.projection_state
WHERE name = $1 AND generation = $2

-- Move one cursor from $3 to $4, unless someone else moved it; takes the row's lock until the end of the transaction.
-- Until then unqualified names mean the tables in schema $6: one round trip a page less than a statement of its own.
UPDATE modelbox_views.projection_state
SET position = $4, hash = $5, updated_at = clock_timestamp()
WHERE name = $1 AND generation = $2 AND position = $3 AND status = 'running' AND role <> 'retired'
RETURNING set_config('search_path', $6, true)

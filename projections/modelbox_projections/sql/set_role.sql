-- Give a generation that has role $4 and stands at $5 role $3; no row if somebody else changed it.
UPDATE modelbox_views.projection_state
SET role = $3, updated_at = clock_timestamp()
WHERE name = $1 AND generation = $2 AND role = $4 AND position = $5
RETURNING generation

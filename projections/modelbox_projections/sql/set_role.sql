-- Give a generation another role.
UPDATE modelbox_views.projection_state
SET role = $3, updated_at = clock_timestamp()
WHERE name = $1 AND generation = $2

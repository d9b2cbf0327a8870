-- Let the paused generations of these projections with this role try again.
UPDATE modelbox_views.projection_state
SET status = 'running', error = NULL, error_position = NULL, updated_at = clock_timestamp()
WHERE name = ANY ($1::text[]) AND role = $2 AND status = 'paused'
RETURNING name

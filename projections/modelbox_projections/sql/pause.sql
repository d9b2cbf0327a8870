-- Pause a generation that stands at $3, with the error $5 of the event at $4.
UPDATE modelbox_views.projection_state
SET status = 'paused', error_position = $4, error = $5, updated_at = clock_timestamp()
WHERE name = $1 AND generation = $2 AND position = $3 AND status = 'running'
RETURNING position

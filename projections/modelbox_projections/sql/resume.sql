-- Let the paused generations of these projections with this role try again; one that somebody holds stays as it is.
UPDATE modelbox_views.projection_state AS state
SET status = 'running', error = NULL, error_position = NULL, updated_at = clock_timestamp()
FROM (
    SELECT name, generation
    FROM modelbox_views.projection_state
    WHERE name = ANY ($1::text[]) AND role = $2 AND status = 'paused'
    FOR UPDATE SKIP LOCKED
) AS paused
WHERE state.name = paused.name AND state.generation = paused.generation
RETURNING state.name

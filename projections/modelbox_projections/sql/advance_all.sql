-- Move the cursors of several projections from $3 to $4; those that someone else moved are missing from the answer.
UPDATE modelbox_views.projection_state AS state
SET position = $4, hash = $5, updated_at = clock_timestamp()
FROM unnest($1::text[], $2::integer[]) AS wanted (name, generation)
WHERE state.name = wanted.name AND state.generation = wanted.generation
  AND state.position = $3 AND state.status = 'running' AND state.role <> 'retired'
RETURNING state.name

-- Move the cursors of several projections from $3 to $4; those that someone else moved are missing from the answer.
WITH wanted AS MATERIALIZED (
    SELECT held.place
    FROM unnest($1::text[], $2::integer[]) AS cursor (name, generation)
    CROSS JOIN LATERAL (
        SELECT found.ctid AS place
        FROM modelbox_views.projection_state AS found
        WHERE found.name = cursor.name AND found.generation = cursor.generation AND found.position = $3
        LIMIT 1
    ) AS held
)
UPDATE modelbox_views.projection_state AS state
SET position = $4, hash = $5, updated_at = clock_timestamp()
FROM wanted
WHERE state.ctid = wanted.place AND state.position = $3 AND state.status = 'running' AND state.role <> 'retired'
RETURNING state.name

-- The newest row of each cursor: from one to the next along the index, past none of the old ones. Planned like that
-- however small the table is, for a plan outlives that.
CREATE OR REPLACE FUNCTION modelbox_views.projection_states() RETURNS SETOF modelbox_views.projection_state
LANGUAGE sql STABLE
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
    WITH RECURSIVE newest AS (
        (
            SELECT state
            FROM modelbox_views.projection_state AS state
            ORDER BY state.name, state.generation, state.position DESC
            LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT next
            FROM modelbox_views.projection_state AS next
            WHERE (next.name, next.generation) > ((newest.state).name, (newest.state).generation)
            ORDER BY next.name, next.generation, next.position DESC
            LIMIT 1
        )
        FROM newest
        WHERE (newest.state).name IS NOT NULL
    )
    SELECT (newest.state).* FROM newest WHERE (newest.state).name IS NOT NULL
$$;

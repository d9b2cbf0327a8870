-- The next sign of life after beat $4, while backend $2, since $3, holds the lock $1; no row once it has lost it.
WITH held AS MATERIALIZED (
    SELECT hashtextextended($1, 0) AS key
),
added AS (
    INSERT INTO modelbox_views.lead_beats (pid, held_since, at)
    SELECT $2, $3, clock_timestamp()
    FROM held
    WHERE EXISTS (
        SELECT FROM pg_locks AS lock
        WHERE lock.locktype = 'advisory' AND lock.granted AND lock.pid = $2
          AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND lock.classid = ((held.key >> 32) & 4294967295)::oid AND lock.objid = (held.key & 4294967295)::oid
    )
    RETURNING beat
),
past AS (
    DELETE FROM modelbox_views.lead_beats WHERE beat = $4
)
SELECT beat FROM added

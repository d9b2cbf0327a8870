-- Take the session lock of this name, if nobody holds it, with a first sign of life: in one statement, so that a process
-- that is frozen right after it has the lock is found out too.
WITH taken AS MATERIALIZED (
    SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS is_ours
)
INSERT INTO modelbox_views.lead_beats (pid, held_since, at)
SELECT pg_backend_pid(), clock_timestamp(), clock_timestamp()
FROM taken
WHERE is_ours
RETURNING beat, pid, held_since

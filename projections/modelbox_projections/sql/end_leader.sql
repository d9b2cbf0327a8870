-- End backend $2 if it is the one that took the lock $1 at $3, and wait up to $4 milliseconds until it is gone.
SELECT pg_terminate_backend(lock.pid, $4)
FROM pg_locks AS lock
JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
CROSS JOIN hashtextextended($1, 0) AS key
WHERE lock.locktype = 'advisory' AND lock.granted AND lock.pid = $2
  AND lock.database = activity.datid AND activity.datname = current_database()
  AND lock.classid = ((key >> 32) & 4294967295)::oid AND lock.objid = (key & 4294967295)::oid
  AND coalesce(activity.backend_start <= $3, true)  -- hidden from an account that may not end it either: it is told so

-- Sessions that have held locks on tables of this database for longer than $1 seconds: whom a migration waits for. What an
-- account may not see of another's session is null.
SELECT DISTINCT session.pid, session.application_name, session.state,
       round(extract(epoch FROM clock_timestamp() - session.xact_start))::integer AS open_for_s
FROM pg_locks AS held
JOIN pg_stat_activity AS session USING (pid)
WHERE held.granted AND held.locktype = 'relation' AND held.relation >= 16384  -- what is no table of Postgres's own
  AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND pid <> pg_backend_pid()
  AND coalesce(session.xact_start, '-infinity') < clock_timestamp() - make_interval(secs => $1)
ORDER BY open_for_s DESC NULLS LAST
LIMIT 10

-- These runs are alive. In the order of ids, so that two calls at once do not wait for each other.
INSERT INTO modelbox_views.run_heartbeats (run_id, at)
SELECT run_id, clock_timestamp() FROM unnest($1::uuid[]) AS alive (run_id)
GROUP BY run_id
ORDER BY run_id
ON CONFLICT (run_id) DO UPDATE SET at = excluded.at

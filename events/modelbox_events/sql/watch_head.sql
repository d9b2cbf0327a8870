-- The log's last position and the chain's hash there, its epoch and format level, the chain's hash at position $2 (null
-- if nothing is there), and whether another process of this log listens for more.
SELECT head.position, head.hash, head.log_id, head.format_level,
       (SELECT events.hash FROM modelbox.events WHERE events.position = $2) AS hash_there,
       EXISTS (
           SELECT FROM pg_stat_activity
           WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()
       ) AS is_heard
FROM modelbox.head() AS head

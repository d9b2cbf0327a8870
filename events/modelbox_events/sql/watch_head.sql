-- The log's last position and hash, the hash at position $2, and whether another process of this log listens for it.
SELECT head.position, head.hash,
       (SELECT event.hash FROM modelbox.events AS event WHERE event.position = $2) AS hash_there,
       EXISTS (
           SELECT FROM pg_stat_activity
           WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()
       ) AS is_heard
FROM modelbox.log_head AS head
ORDER BY head.position DESC
LIMIT 1

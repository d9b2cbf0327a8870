-- The log's last position, and whether another process of this log listens for it.
SELECT position,
       EXISTS (
           SELECT FROM pg_stat_activity
           WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()
       ) AS is_heard
FROM modelbox.log_head
WHERE id = 1

-- Whether other runners, which Postgres lists as $1, are there to take the lead.
SELECT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()
)

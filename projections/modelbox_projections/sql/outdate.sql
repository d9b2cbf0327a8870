-- Take the tables of these projections for filled by older code: they are rebuilt from the log as it is now.
UPDATE modelbox_views.projection_state SET code_version = 0, updated_at = clock_timestamp()
WHERE name = ANY ($1::text[])

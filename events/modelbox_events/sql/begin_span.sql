-- Let time begin anew after position $1. The caller holds the head.
WITH begun AS (
    INSERT INTO modelbox.clock_spans (begins_after) VALUES ($1)
)
UPDATE modelbox.log_head SET recorded_at = clock_timestamp()

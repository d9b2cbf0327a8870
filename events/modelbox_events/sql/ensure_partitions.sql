-- Create the partitions that the next appends need.
SELECT modelbox.ensure_event_partitions($1, $2) + modelbox.ensure_idempotency_partitions($3, $4)

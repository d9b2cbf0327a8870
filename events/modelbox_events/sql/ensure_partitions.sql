-- Create the partitions that the next appends need; return how many were created.
SELECT modelbox.ensure_event_partitions($1, $2)

-- What a redaction must know of an event: its type, whether it was redacted before, and the table that it stands in.
SELECT type, redacted_by, tableoid::regclass::text AS partition FROM modelbox.events WHERE position = $1

-- What a redaction must know of an event: its types, whether it was redacted before, and the table that it stands in.
SELECT type, stream_type, redacted_by, tableoid::regclass::text AS partition FROM modelbox.events WHERE position = $1

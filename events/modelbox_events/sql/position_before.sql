-- Is the event at a position recorded before a time? Within a span of the clock recorded_at never goes
-- back, so the caller can halve its way.
SELECT recorded_at < $2 FROM modelbox.events WHERE position = $1

-- Begin the epoch $1 after position $2, because of $3. The caller holds the head.
WITH moved AS (
    UPDATE modelbox.log_head SET log_id = $1
)
INSERT INTO modelbox.epochs (number, log_id, begins_after, begun_at, reason)
SELECT max(number) + 1, $1, $2, clock_timestamp(), $3 FROM modelbox.epochs
RETURNING number, log_id, begins_after, begun_at, reason

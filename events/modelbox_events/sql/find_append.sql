-- What an idempotency key recorded.
SELECT request_hash, first_position, last_position, version, recorded_at
FROM modelbox.idempotency
WHERE actor = $1 AND key = $2

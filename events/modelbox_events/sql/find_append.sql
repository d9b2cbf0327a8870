-- What an idempotency key recorded, and the chain's hash there.
SELECT i.request_hash, i.first_position, i.last_position, i.version, i.recorded_at, e.hash
FROM modelbox.idempotency AS i
JOIN modelbox.events AS e ON e.position = i.last_position
WHERE i.actor = $1 AND i.key = $2

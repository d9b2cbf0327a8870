-- Remove one portion of the idempotency keys recorded before a time.
DELETE FROM modelbox.idempotency
WHERE (actor, key) IN (SELECT actor, key FROM modelbox.idempotency WHERE recorded_at < $1 LIMIT $2)

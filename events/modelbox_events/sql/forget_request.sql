-- Let the requests that recorded position $1 be known no more by a hash of what they held: a secret can be guessed from
-- it. Their keys stay, so that the same request is not taken once more.
WITH portion_0 AS (
    UPDATE modelbox.idempotency_0 SET request_hash = sha256(uuid_send(gen_random_uuid()))
    WHERE $1 BETWEEN first_position AND last_position
)
UPDATE modelbox.idempotency_1 SET request_hash = sha256(uuid_send(gen_random_uuid()))
WHERE $1 BETWEEN first_position AND last_position

-- How runs ended, or that they go on.
UPDATE objects
SET status = turned.status, ended_at = turned.ended_at, resumed_at = turned.resumed_at, reason = turned.reason
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[])
    AS turned (id, status, ended_at, resumed_at, reason)
WHERE objects.id = turned.id

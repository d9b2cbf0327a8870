-- Write keys; each replaces the key's earlier value, which is found by where it was written, the last first: what held
-- snapshots keep of the row stands behind that.
WITH written AS MATERIALIZED (
    SELECT more.*, held.place
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[])
        AS more (object_id, key, value, updated_at, position)
    LEFT JOIN LATERAL (
        SELECT found.ctid AS place
        FROM metadata AS found
        WHERE found.object_id = more.object_id AND found.key = more.key
        ORDER BY found.position DESC
        LIMIT 1
    ) AS held ON true
),
replaced AS (
    UPDATE metadata AS held
    SET value = written.value::json, updated_at = written.updated_at, position = written.position
    FROM written
    WHERE held.ctid = written.place
)
INSERT INTO metadata (object_id, key, value, updated_at, position)
SELECT object_id, key, value::json, updated_at, position
FROM written
WHERE place IS NULL

-- Write hyperparameters; each replaces the name's earlier value, which is found by where it was written, the last first:
-- what held snapshots keep of the row stands behind that.
WITH written AS MATERIALIZED (
    SELECT more.*, held.place
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::double precision[], $5::bigint[])
        AS more (object_id, name, value, number, position)
    LEFT JOIN LATERAL (
        SELECT found.ctid AS place
        FROM hyperparameters AS found
        WHERE found.object_id = more.object_id AND found.name = more.name
        ORDER BY found.position DESC
        LIMIT 1
    ) AS held ON true
),
replaced AS (
    UPDATE hyperparameters AS held
    SET value = written.value::json, number = written.number, position = written.position
    FROM written
    WHERE held.ctid = written.place
)
INSERT INTO hyperparameters (object_id, name, value, number, position)
SELECT object_id, name, value::json, number, position
FROM written
WHERE place IS NULL

-- When what hangs on these objects last changed. The earlier time is found by its position, the last first: what held
-- snapshots keep of the row stands behind that.
WITH touched AS MATERIALIZED (
    SELECT more.*, held.place
    FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[]) AS more (object_id, at, position)
    LEFT JOIN LATERAL (
        SELECT found.ctid AS place
        FROM touches AS found
        WHERE found.object_id = more.object_id
        ORDER BY found.position DESC
        LIMIT 1
    ) AS held ON true
),
moved AS (
    UPDATE touches AS held
    SET at = touched.at, position = touched.position
    FROM touched
    WHERE held.ctid = touched.place
)
INSERT INTO touches (object_id, at, position)
SELECT object_id, at, position
FROM touched
WHERE place IS NULL

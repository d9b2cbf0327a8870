-- What these series have come to, by their number among them, and where their rows are; the largest number of points
-- first: what held snapshots keep of a row stands behind that.
SELECT wanted.number, held.*
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (object_id, key, kind, number)
CROSS JOIN LATERAL (
    SELECT
        found.ctid::text AS place, found.points, found.block, found.latest, found.latest_step, found.latest_wallclock_s,
        found.min, found.max
    FROM metric_series AS found
    WHERE found.object_id = wanted.object_id AND found.key = wanted.key AND found.kind = wanted.kind
    ORDER BY found.points_256 DESC
    LIMIT 1
) AS held

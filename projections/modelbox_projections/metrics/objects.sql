-- How far these objects are sealed, and where their rows are; the largest version first: what held snapshots keep of a
-- row stands behind that.
SELECT held.*
FROM unnest($1::uuid[]) AS wanted (object_id)
CROSS JOIN LATERAL (
    SELECT found.ctid::text AS place, found.*
    FROM metric_objects AS found
    WHERE found.object_id = wanted.object_id
    ORDER BY found.version_256 DESC
    LIMIT 1
) AS held

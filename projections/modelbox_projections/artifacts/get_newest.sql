-- The newest artifact of object $1 under each of the paths $2, of those that are uploaded or, with false, tracked.
SELECT newest.id
FROM unnest($2::text[]) AS wanted (path)
CROSS JOIN LATERAL (
    SELECT id
    FROM modelbox_views.artifacts
    WHERE parent_id = $1 AND hashtextextended(path, 0) = hashtextextended(wanted.path, 0) AND path = wanted.path AND uploaded = $3
    ORDER BY place DESC
    LIMIT 1
) AS newest

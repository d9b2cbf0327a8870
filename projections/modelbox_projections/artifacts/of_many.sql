-- At most the $2 newest artifacts of each of these objects.
SELECT found.*
FROM unnest($1::uuid[]) AS wanted (parent_id)
CROSS JOIN LATERAL (
    SELECT id, parent_id, namespace, path, file_type, checksum, size, sha256, md5, uploaded, created_at, created_position, place
    FROM modelbox_views.artifacts
    WHERE parent_id = wanted.parent_id
    ORDER BY place DESC
    LIMIT $2
) AS found

-- The $3 newest artifacts of object $1 that came before place $2.
SELECT id, parent_id, namespace, path, file_type, checksum, size, sha256, md5, uploaded, created_at, created_position, place
FROM modelbox_views.artifacts
WHERE parent_id = $1 AND place < $2
ORDER BY place DESC
LIMIT $3

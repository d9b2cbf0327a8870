-- The first artifact of namespace $1 whose bytes, with SHA-256 $2 and size $3, were uploaded.
SELECT id, parent_id, namespace, path, file_type, checksum, size, sha256, md5, uploaded, created_at, created_position, place
FROM modelbox_views.artifacts
WHERE uploaded AND sha256 = $2 AND namespace = $1 AND size = $3
ORDER BY place
LIMIT 1

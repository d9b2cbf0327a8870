-- The artifact with this id.
SELECT id, parent_id, namespace, path, file_type, checksum, size, sha256, md5, uploaded, created_at, created_position, place
FROM modelbox_views.artifacts
WHERE id = $1

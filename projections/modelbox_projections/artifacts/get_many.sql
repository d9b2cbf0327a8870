-- The artifacts with these ids.
SELECT id, parent_id, namespace, path, file_type, checksum, size, sha256, md5, uploaded, created_at, created_position, place
FROM modelbox_views.artifacts
WHERE id = ANY ($1::uuid[])

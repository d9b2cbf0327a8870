-- The artifacts that a page brought. Of one that is known the last time counts.
INSERT INTO artifacts AS known
    (id, parent_id, namespace, path, file_type, checksum, size, sha256, md5, uploaded, created_at, created_position, place)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[],
    $10::boolean[], $11::timestamptz[], $12::bigint[], $13::bigint[]
)
ON CONFLICT (id) DO UPDATE
SET (parent_id, namespace, path, file_type, checksum, size, sha256, md5, uploaded, created_at, created_position, place)
    = (EXCLUDED.parent_id, EXCLUDED.namespace, EXCLUDED.path, EXCLUDED.file_type, EXCLUDED.checksum, EXCLUDED.size,
       EXCLUDED.sha256, EXCLUDED.md5, EXCLUDED.uploaded, EXCLUDED.created_at, EXCLUDED.created_position, EXCLUDED.place)
WHERE EXCLUDED.place > known.place

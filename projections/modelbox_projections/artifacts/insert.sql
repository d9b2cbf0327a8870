-- The artifacts that a page brought. One that is known stays as it is.
INSERT INTO artifacts
    (id, parent_id, namespace, path, file_type, checksum, size, sha256, md5, uploaded, created_at, created_position, place)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[],
    $10::boolean[], $11::timestamptz[], $12::bigint[], $13::bigint[]
)
ON CONFLICT (id) DO NOTHING

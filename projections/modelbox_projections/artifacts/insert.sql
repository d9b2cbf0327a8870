-- The artifacts that a page brought. One that is known stays as it is, but for when it was uploaded last.
INSERT INTO artifacts AS known
    (id, parent_id, namespace, path, file_type, checksum, size, sha256, md5, uploaded, created_at, created_position, place)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[],
    $10::boolean[], $11::timestamptz[], $12::bigint[], $13::bigint[]
)
ON CONFLICT (id) DO UPDATE
SET created_at = EXCLUDED.created_at, created_position = EXCLUDED.created_position, place = EXCLUDED.place
WHERE EXCLUDED.uploaded AND EXCLUDED.place > known.place

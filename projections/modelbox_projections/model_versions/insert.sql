-- The model versions that a page created.
INSERT INTO model_versions
    (id, model_id, namespace, version, name, description, framework, created_at, updated_at, created_position)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::timestamptz[], $9::timestamptz[], $10::bigint[]
)

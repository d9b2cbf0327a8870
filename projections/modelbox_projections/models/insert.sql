-- The models that a page created.
INSERT INTO models (id, namespace, name, owner, task, description, created_at, updated_at, created_position)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::timestamptz[], $8::timestamptz[], $9::bigint[]
)

-- The experiments that a page created.
INSERT INTO objects
    (id, namespace, name, owner, description, task, comment, labels, created_at, updated_at, created_position,
     framework, external_id, parent_id)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
    $9::timestamptz[], $10::timestamptz[], $11::bigint[],
    $12::text[], $13::text[], $14::uuid[]
)

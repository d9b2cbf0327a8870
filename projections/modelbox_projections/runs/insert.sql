-- The runs that a page created.
INSERT INTO objects
    (id, namespace, name, owner, description, task, comment, labels, created_at, updated_at, created_position,
     experiment_id, parent_id, started_at, source, external_id, status, reason)
SELECT *, 'running', '' FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
    $9::timestamptz[], $10::timestamptz[], $11::bigint[],
    $12::uuid[], $13::uuid[], $14::timestamptz[], $15::json[], $16::text[]
)

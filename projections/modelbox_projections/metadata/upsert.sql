-- Write keys; each replaces the key's earlier value.
INSERT INTO metadata (object_id, key, value, updated_at)
SELECT written.object_id, written.key, written.value::json, written.updated_at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS written (object_id, key, value, updated_at)
ON CONFLICT (object_id, key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at

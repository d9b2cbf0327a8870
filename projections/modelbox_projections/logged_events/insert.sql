-- The logged events that a page brought. One that is known stays as it is.
INSERT INTO logged_events (id, object_id, name, source, wallclock, metadata, created_at, created_position)
SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::json[], $7::timestamptz[], $8::bigint[]
)
ON CONFLICT (id) DO NOTHING

-- Add the models that a page brought to their namespaces.
INSERT INTO namespaces AS held (name, models, created_at, updated_at, created_position)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::bigint[])
ON CONFLICT (name) DO UPDATE SET models = held.models + excluded.models, updated_at = excluded.updated_at

-- Count the points that a page brings; returns how many each series has now.
INSERT INTO metric_series AS held (object_id, key, kind, points, created_at, updated_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
ON CONFLICT (object_id, key, kind) DO UPDATE
SET points = held.points + excluded.points, updated_at = excluded.updated_at
RETURNING object_id, key, kind, points

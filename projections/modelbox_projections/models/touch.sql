-- When something of these models last changed.
UPDATE models
SET updated_at = touched.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS touched (id, at)
WHERE models.id = touched.id

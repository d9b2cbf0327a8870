-- When something of these model versions last changed.
UPDATE model_versions
SET updated_at = touched.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS touched (id, at)
WHERE model_versions.id = touched.id

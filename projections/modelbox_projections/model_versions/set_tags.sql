-- Give unique tags to model versions, taking each from the one that had it.
INSERT INTO last_tags (model_id, tag, model_version_id)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[])
ON CONFLICT (model_id, tag) DO UPDATE SET model_version_id = excluded.model_version_id

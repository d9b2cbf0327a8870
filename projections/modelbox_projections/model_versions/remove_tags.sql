-- Take unique tags away.
DELETE FROM unique_tags
USING unnest($1::uuid[], $2::text[]) AS removed (model_id, tag)
WHERE unique_tags.model_id = removed.model_id AND unique_tags.tag = removed.tag

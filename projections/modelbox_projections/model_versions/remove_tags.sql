-- Take unique tags away.
DELETE FROM last_tags
USING unnest($1::uuid[], $2::text[]) AS removed (model_id, tag)
WHERE last_tags.model_id = removed.model_id AND last_tags.tag = removed.tag

-- The unique tags that model $1 has given away.
SELECT tag FROM modelbox_views.unique_tags WHERE model_id = $1 ORDER BY tag COLLATE "C"

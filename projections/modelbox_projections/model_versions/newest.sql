-- The $2 newest versions of model $1, deleted ones too.
SELECT id FROM modelbox_views.model_versions WHERE model_id = $1 ORDER BY created_position DESC LIMIT $2

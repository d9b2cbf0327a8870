-- The $3 newest model versions of model $1 that were created before position $2.
SELECT
    id, model_id, namespace, version, name, description, framework, unique_tags, experiment_id, run_id, checkpoint_id,
    labels, deleted_at, created_at, updated_at, created_position
FROM modelbox_views.model_versions
WHERE model_id = $1 AND created_position < $2
ORDER BY created_position DESC
LIMIT $3

-- The model version of model $1 that holds unique tag $2.
SELECT
    id, model_id, namespace, version, name, description, framework, unique_tags, experiment_id, run_id, checkpoint_id,
    labels, deleted_at, created_at, updated_at, created_position
FROM modelbox_views.model_versions
WHERE id = (
    SELECT wanted.model_version_id FROM modelbox_views.unique_tags AS wanted
    WHERE wanted.model_id = $1 AND wanted.tag = $2
)

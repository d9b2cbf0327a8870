-- The model versions with these ids.
SELECT
    id, model_id, namespace, version, name, description, framework, unique_tags, experiment_id, run_id, checkpoint_id,
    labels, deleted_at, created_at, updated_at, created_position
FROM modelbox_views.model_versions
WHERE id = ANY ($1::uuid[])

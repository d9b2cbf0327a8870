-- The training checkpoints with these ids.
SELECT id, namespace, experiment_id, run_id, epoch, step, labels, deleted_at, created_at, updated_at, created_position
FROM modelbox_views.checkpoints
WHERE id = ANY ($1::uuid[])

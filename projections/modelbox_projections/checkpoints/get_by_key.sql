-- The training checkpoint of run $1, or of experiment $1 itself, with epoch $2 or step $3; the other is null.
SELECT id, namespace, experiment_id, run_id, epoch, step, labels, deleted_at, created_at, updated_at, created_position
FROM modelbox_views.checkpoints
WHERE (run_id = $1 OR (experiment_id = $1 AND run_id IS NULL)) AND (epoch = $2 OR step = $3)

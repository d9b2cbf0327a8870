-- The runs with these ids.
SELECT
    id, namespace, experiment_id, name, owner, status, started_at, ended_at, parent_id, source, external_id, comment, reason,
    last_heard_of_at, labels, deleted_at, created_at, updated_at, created_position
FROM modelbox_views.runs
WHERE id = ANY ($1::uuid[])

-- What readers see of runs. One that sent heartbeats and sends none any more is lost, as far as anybody knows.
SELECT
    held.id, held.namespace, held.experiment_id, held.name, held.owner,
    CASE
        WHEN held.status = 'running' AND heard.at < now() - interval '60 s'
            AND coalesce(held.resumed_at < now() - interval '60 s', true)
        THEN 'lost'
        ELSE held.status
    END AS status,
    held.started_at, held.ended_at, held.parent_id, held.source, held.external_id, held.comment, held.reason,
    heard.at AS last_heard_of_at,
    held.labels, held.deleted_at, held.created_at,
    greatest(held.updated_at, (
        SELECT touched.at FROM touches AS touched
        WHERE touched.object_id = held.id
        ORDER BY touched.position DESC
        LIMIT 1
    )) AS updated_at,
    held.created_position
FROM objects AS held
LEFT JOIN modelbox_views.run_heartbeats AS heard ON heard.run_id = held.id

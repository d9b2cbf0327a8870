-- The objects whose ids lie between $1 and $2, these among them: the first $3 by id. Of each table no more is read.
SELECT id, type, name, namespace
FROM (
    (
        SELECT id, type, name, namespace FROM modelbox_views.lineage_nodes
        WHERE id BETWEEN $1::uuid AND $2::uuid AND type <> 'code' ORDER BY id LIMIT $3::bigint
    )
    UNION ALL
    (
        SELECT id, 'artifact', path, namespace FROM modelbox_views.artifacts
        WHERE id BETWEEN $1::uuid AND $2::uuid ORDER BY id LIMIT $3::bigint
    )
) AS found
ORDER BY id
LIMIT $3::bigint

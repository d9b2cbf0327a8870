-- What object $1 was made with (if $2) and what was made with it (if $3), at most $4 steps away or any number if that
-- is 0: the $5 nearest nodes and at most $6 of the edges between them. A row is a node or an edge.
-- Without a bound on steps each node comes once, so a cycle ends. With one it comes once a distance; among the first
-- $5 * ($4 + 1) of those are $5 nodes, if there are as many.
WITH RECURSIVE upstream (id, distance) AS (
    SELECT $1::uuid, 0
    UNION
    SELECT edge.from_id, CASE WHEN $4::integer = 0 THEN 0 ELSE seen.distance + 1 END
    FROM upstream AS seen
    JOIN modelbox_views.lineage_edges AS edge ON edge.to_id = seen.id
    WHERE $2::boolean AND ($4 = 0 OR seen.distance < $4)
), downstream (id, distance) AS (
    SELECT $1::uuid, 0
    UNION
    SELECT edge.to_id, CASE WHEN $4 = 0 THEN 0 ELSE seen.distance + 1 END
    FROM downstream AS seen
    JOIN modelbox_views.lineage_edges AS edge ON edge.from_id = seen.id
    WHERE $3::boolean AND ($4 = 0 OR seen.distance < $4)
), reached AS (
    -- Postgres walks level by level, and no further than is asked of it.
    SELECT id, row_number() OVER () AS number FROM (SELECT id FROM upstream LIMIT $5::bigint * ($4 + 1)) AS nearest
    UNION ALL
    SELECT id, row_number() OVER () AS number FROM (SELECT id FROM downstream LIMIT $5 * ($4 + 1)) AS nearest
), nodes AS (
    SELECT id, min(number) AS number FROM reached GROUP BY id ORDER BY number, id LIMIT $5
), edges AS (
    SELECT edge.from_id, edge.to_id, edge.relation
    FROM modelbox_views.lineage_edges AS edge
    WHERE edge.from_id IN (SELECT id FROM nodes) AND edge.to_id IN (SELECT id FROM nodes)
    LIMIT $6
)
SELECT
    nodes.id,
    coalesce(known.type, CASE WHEN file.id IS NOT NULL THEN 'artifact' END, '') AS type,
    coalesce(known.name, file.path, '') AS name,
    coalesce(known.namespace, file.namespace, '') AS namespace,
    NULL::uuid AS from_id, NULL::uuid AS to_id, NULL AS relation, nodes.number
FROM nodes
LEFT JOIN modelbox_views.lineage_nodes AS known ON known.id = nodes.id
LEFT JOIN modelbox_views.artifacts AS file ON file.id = nodes.id
UNION ALL
SELECT NULL, NULL, NULL, NULL, from_id, to_id, relation, NULL FROM edges
ORDER BY number, id, from_id, to_id, relation

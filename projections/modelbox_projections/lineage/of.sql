-- What object $1 was made with (if $2) and what was made with it (if $3), at most $4 steps away or any number if that
-- is 0: the $5 nearest nodes and at most $6 of the edges between them. A row is a node or an edge.
-- Without a bound on steps each node comes once, so a cycle ends. With one it comes once a distance; among the first
-- $5 * ($4 + 1) of those are $5 nodes, if there are as many. Postgres walks level by level, and no further than is asked.
-- OFFSET 0 and IS TRUE keep it from a join that reads every edge there is: it cannot know how few it needs.
WITH RECURSIVE upstream (id, distance) AS (
    SELECT $1::uuid, 0
    UNION
    SELECT edge.from_id, CASE WHEN $4::integer = 0 THEN 0 ELSE seen.distance + 1 END
    FROM upstream AS seen
    CROSS JOIN LATERAL (SELECT from_id FROM modelbox_views.lineage_edges WHERE to_id = seen.id OFFSET 0) AS edge
    WHERE $2::boolean AND ($4 = 0 OR seen.distance < $4)
), downstream (id, distance) AS (
    SELECT $1::uuid, 0
    UNION
    SELECT edge.to_id, CASE WHEN $4 = 0 THEN 0 ELSE seen.distance + 1 END
    FROM downstream AS seen
    CROSS JOIN LATERAL (SELECT to_id FROM modelbox_views.lineage_edges WHERE from_id = seen.id OFFSET 0) AS edge
    WHERE $3::boolean AND ($4 = 0 OR seen.distance < $4)
), reached AS (
    SELECT id, row_number() OVER () AS number FROM (SELECT id FROM upstream LIMIT $5::bigint * ($4 + 1)) AS nearest
    UNION ALL
    SELECT id, row_number() OVER () AS number FROM (SELECT id FROM downstream LIMIT $5 * ($4 + 1)) AS nearest
), nodes AS (
    SELECT id, min(number) AS number FROM reached GROUP BY id ORDER BY number, id LIMIT $5
), edges AS (
    -- By where they lead: few things make one, while much may be made with one.
    SELECT edge.from_id, nodes.id AS to_id, edge.relation
    FROM nodes
    CROSS JOIN LATERAL (
        SELECT from_id, relation FROM modelbox_views.lineage_edges WHERE to_id = nodes.id OFFSET 0
    ) AS edge
    WHERE (edge.from_id IN (SELECT id FROM nodes)) IS TRUE
    LIMIT $6
)
SELECT
    nodes.id,
    coalesce(known.type, CASE WHEN file.id IS NOT NULL THEN 'artifact' END, '') AS type,
    coalesce(known.name, file.path, '') AS name,
    coalesce(known.namespace, file.namespace, '') AS namespace,
    NULL::uuid AS from_id, NULL::uuid AS to_id, NULL AS relation, nodes.number
FROM nodes
LEFT JOIN LATERAL (
    SELECT type, name, namespace FROM modelbox_views.lineage_nodes WHERE id = nodes.id OFFSET 0
) AS known ON true
LEFT JOIN LATERAL (
    SELECT id, path, namespace FROM modelbox_views.artifacts WHERE id = nodes.id AND known.type IS NULL OFFSET 0
) AS file ON true
UNION ALL
SELECT NULL, NULL, NULL, NULL, from_id, to_id, relation, NULL FROM edges
ORDER BY number, id, from_id, to_id, relation

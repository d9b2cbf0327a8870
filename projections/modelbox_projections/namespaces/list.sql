-- The first $2 namespaces whose name comes after $1, by name, with how many objects of which kind each holds.
SELECT
    name, array_agg(kind ORDER BY kind) AS kinds, array_agg(objects ORDER BY kind) AS counts,
    min(created_at) AS created_at, max(updated_at) AS updated_at, min(created_position) AS created_position
FROM modelbox_views.namespace_counts
WHERE name > $1
GROUP BY name
ORDER BY name
LIMIT $2

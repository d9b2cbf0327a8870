-- The first $2 namespaces whose name comes after $1, by name.
SELECT name, models, experiments, datasets, created_at, updated_at, created_position
FROM modelbox_views.namespaces
WHERE name > $1
ORDER BY name
LIMIT $2

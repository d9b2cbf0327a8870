-- The datasets with these ids.
SELECT
    id, namespace, name, location, digest, columns, row_count, column_count, labels, deleted_at,
    created_at, updated_at, created_position
FROM modelbox_views.datasets
WHERE id = ANY ($1::uuid[])

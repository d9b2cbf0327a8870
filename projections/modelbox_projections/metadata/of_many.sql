-- All metadata of these objects.
SELECT object_id, key, value::text AS value
FROM modelbox_views.metadata
WHERE object_id = ANY ($1::uuid[])
ORDER BY object_id, key COLLATE "C"

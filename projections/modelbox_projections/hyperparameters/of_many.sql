-- All hyperparameters of these objects.
SELECT object_id, name, value::text AS value
FROM modelbox_views.hyperparameters
WHERE object_id = ANY ($1::uuid[])
ORDER BY object_id, name COLLATE "C"

-- What hangs on these objects: metadata, hyperparameters, what their series of doubles come to, and who has files.
SELECT object_id, 'metadata' AS what, key COLLATE "C" AS key, value::text AS value,
       NULL::double precision AS latest, NULL::bigint AS latest_step,
       NULL::double precision AS min, NULL::double precision AS max, NULL::bigint AS points
FROM modelbox_views.metadata
WHERE object_id = ANY ($1::uuid[])
UNION ALL
SELECT object_id, 'hyperparameters', name, value::text, NULL, NULL, NULL, NULL, NULL
FROM modelbox_views.hyperparameters
WHERE object_id = ANY ($1::uuid[])
UNION ALL
SELECT object_id, 'metrics', key, NULL, latest, latest_step, min, max, points
FROM modelbox_views.metric_series
WHERE object_id = ANY ($1::uuid[]) AND kind = 'double'
UNION ALL
SELECT id, 'files', '', NULL, NULL, NULL, NULL, NULL, NULL
FROM unnest($1::uuid[]) AS wanted (id)
WHERE EXISTS (SELECT FROM modelbox_views.artifacts AS found WHERE found.parent_id = wanted.id)
ORDER BY key

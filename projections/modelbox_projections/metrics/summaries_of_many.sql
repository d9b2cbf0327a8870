-- What the series of doubles of these objects come to.
SELECT object_id, key, latest, latest_step, min, max, points
FROM modelbox_views.metric_series
WHERE object_id = ANY ($1::uuid[]) AND kind = 'double'
ORDER BY object_id, key COLLATE "C"

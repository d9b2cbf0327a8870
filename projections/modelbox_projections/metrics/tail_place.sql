-- Which events of an object's stream hold the points that are in the log alone.
SELECT sealed_version, sealed_position, last_version
FROM modelbox_views.metric_objects
WHERE object_id = $1 AND points > 0
ORDER BY version_256 DESC
LIMIT 1

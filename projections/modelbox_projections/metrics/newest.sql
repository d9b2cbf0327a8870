-- The point of the highest step of each of an object's series of doubles, only of the keys $2 unless it is empty.
SELECT key, latest_step, latest_wallclock_s, latest
FROM modelbox_views.metric_series
-- IS TRUE keeps the kind out of the index, see attached/of.sql.
WHERE object_id = $1 AND (kind = 'double') IS TRUE AND (cardinality($2::text[]) = 0 OR key = ANY ($2::text[]))
ORDER BY key COLLATE "C"

-- How many points an object's series have, only those of the keys $2 unless it is empty.
SELECT coalesce(sum(points), 0)::bigint
FROM modelbox_views.metric_series
WHERE object_id = $1 AND (cardinality($2::text[]) = 0 OR key = ANY ($2::text[]))

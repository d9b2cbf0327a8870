-- How many points an object's series have whose step is from $3 to $4, only of the keys $2 unless it is empty.
SELECT count(*)
FROM modelbox_views.metric_chunks AS chunk
CROSS JOIN LATERAL unnest(chunk.steps) AS point (step)
WHERE chunk.object_id = $1 AND (cardinality($2::text[]) = 0 OR chunk.key = ANY ($2::text[]))
    AND point.step BETWEEN $3::bigint AND $4::bigint

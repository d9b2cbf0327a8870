-- The chunks of an object's series, only of the keys $2 unless it is empty.
SELECT key, kind, steps, wallclock_s, doubles, strings, blobs
FROM modelbox_views.metric_chunks
WHERE object_id = $1 AND (cardinality($2::text[]) = 0 OR key = ANY ($2::text[]))
ORDER BY key COLLATE "C", kind, chunk_no

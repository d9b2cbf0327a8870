-- The chunks of an object's series that have a step from $3 to $4, only of the keys $2 unless it is empty.
SELECT key, kind, steps, wallclock_s, doubles, strings, blobs
FROM modelbox_views.metric_chunks
WHERE object_id = $1 AND (cardinality($2::text[]) = 0 OR key = ANY ($2::text[]))
    -- Of all steps no chunk is asked.
    AND (
        ($3::bigint = 0 AND $4::bigint = 9223372036854775807)
        OR EXISTS (SELECT FROM unnest(steps) AS found (step) WHERE found.step BETWEEN $3::bigint AND $4::bigint)
    )
ORDER BY key COLLATE "C", kind, chunk_no

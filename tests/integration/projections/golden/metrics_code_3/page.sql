-- At most $6 points of object $1 under key $2 whose step is from $3 to $4, without the first $5 of them, by step, then
-- wallclock; fewer where their text and bytes come to $7. `found` says how many there are up to $6.
WITH page AS MATERIALIZED (
    SELECT
        chunk.kind, chunk.chunk_no, point.*,
        coalesce(octet_length(point.string_value), octet_length(point.bytes_value), 0) AS size
    FROM modelbox_views.metric_chunks AS chunk
    CROSS JOIN LATERAL unnest(chunk.steps, chunk.wallclock_s, chunk.doubles, chunk.strings, chunk.blobs)
        WITH ORDINALITY AS point (step, wallclock_s, double_value, string_value, bytes_value, number)
    WHERE chunk.object_id = $1 AND chunk.key = $2
        AND EXISTS (SELECT FROM unnest(chunk.steps) AS found (step) WHERE found.step BETWEEN $3::bigint AND $4::bigint)
        AND point.step BETWEEN $3::bigint AND $4::bigint
    ORDER BY point.step, point.wallclock_s, chunk.kind, chunk.chunk_no, point.number
    OFFSET $5
    LIMIT $6
),
measured AS (
    SELECT
        page.*, count(*) OVER () AS found,
        sum(size) OVER (ORDER BY step, wallclock_s, kind, chunk_no, number) - size AS bytes_before
    FROM page
)
SELECT kind, step, wallclock_s, double_value, string_value, bytes_value, found
FROM measured
WHERE bytes_before < $7::bigint
ORDER BY step, wallclock_s, kind, chunk_no, number

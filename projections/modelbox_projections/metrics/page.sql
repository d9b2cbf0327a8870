-- At most $6 points of object $1 under key $2 whose step is from $3 to $4, without the first $5 of them, by step, then
-- wallclock; fewer where their text and bytes come to $7. A row a kind of values, in columns. $8 to $13 are the points
-- that are not sealed, in the order logged. `found` says how many points there are up to $6 and one more.
WITH held AS MATERIALIZED (
    SELECT object_id, kind, block, piece, axis, points, first_step, last_step
    FROM modelbox_views.metric_pieces
    WHERE object_id = $1 AND key = $2 AND last_step >= $3::bigint AND first_step <= $4::bigint
),
-- Up to this step there are enough sealed points, so that no piece beyond it is read.
enough AS (
    SELECT coalesce(min(last_step), $4::bigint) AS last_step
    FROM (
        SELECT last_step, sum(points) OVER (ORDER BY last_step) AS points_before_end
        FROM held
        WHERE first_step >= $3::bigint AND last_step <= $4::bigint
    ) AS whole
    WHERE points_before_end > $5::bigint + $6::bigint
),
points AS (
    SELECT held.kind, held.block, held.piece, point.*
    FROM held
    JOIN enough ON held.first_step <= enough.last_step
    JOIN modelbox_views.metric_axes AS axis
        ON axis.object_id = held.object_id AND axis.block = held.block AND axis.axis = held.axis
    JOIN modelbox_views.metric_pieces AS piece
        ON piece.object_id = held.object_id AND piece.key = $2 AND piece.kind = held.kind
        AND piece.block = held.block AND piece.piece = held.piece
    CROSS JOIN LATERAL unnest(axis.steps, axis.wallclock_s, piece.doubles, piece.strings, piece.blobs)
        WITH ORDINALITY AS point (step, wallclock_s, double_value, string_value, bytes_value, number)
    WHERE point.step BETWEEN $3::bigint AND enough.last_step
    UNION ALL
    SELECT tail.kind, 2147483647, 0, tail.step, tail.wallclock_s, tail.double_value, tail.string_value,
        tail.bytes_value, tail.number
    FROM unnest(
        $8::text[], $9::bigint[], $10::double precision[], $11::double precision[], $12::text[], $13::bytea[]
    ) WITH ORDINALITY AS tail (kind, step, wallclock_s, double_value, string_value, bytes_value, number)
),
page AS MATERIALIZED (
    SELECT *, coalesce(octet_length(string_value), octet_length(bytes_value), 0) AS size
    FROM points
    ORDER BY step, wallclock_s, kind, block, piece, number
    OFFSET $5
    LIMIT $6 + 1
),
measured AS (
    SELECT
        page.*, count(*) OVER () AS found, row_number() OVER in_order AS place,
        sum(size) OVER in_order - size AS bytes_before
    FROM page
    WINDOW in_order AS (ORDER BY step, wallclock_s, kind, block, piece, number)
)
SELECT
    kind,
    max(found) AS found,
    array_agg(step ORDER BY place) AS steps,
    array_agg(wallclock_s ORDER BY place) AS wallclock_s,
    CASE WHEN kind = 'double' THEN array_agg(double_value ORDER BY place) END AS doubles,
    CASE WHEN kind = 'string' THEN array_agg(string_value ORDER BY place) END AS strings,
    CASE WHEN kind = 'bytes' THEN array_agg(bytes_value ORDER BY place) END AS blobs
FROM measured
WHERE bytes_before < $7::bigint AND place <= $6
GROUP BY kind
ORDER BY min(place)

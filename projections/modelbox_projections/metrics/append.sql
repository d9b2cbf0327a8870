-- Append points of one kind to their chunks. The points of all series stand one after another in $7 to $11;
-- piece i is those from $5[i] to $6[i], counted from 1, and goes to the end of chunk $3[i], which holds $4[i] points.
-- Returns how many pieces found their place.
WITH piece AS MATERIALIZED (
    SELECT
        more.*,
        held.place,
        ($7::bigint[])[first_point:last_point] AS steps,
        ($8::double precision[])[first_point:last_point] AS wallclock_s,
        ($9::double precision[])[first_point:last_point] AS doubles,
        ($10::text[])[first_point:last_point] AS strings,
        ($11::bytea[])[first_point:last_point] AS blobs
    FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::integer[], $6::integer[])
        AS more (object_id, key, chunk_no, points, first_point, last_point)
    LEFT JOIN LATERAL (
        SELECT chunk.ctid AS place
        FROM metric_chunks AS chunk
        WHERE chunk.object_id = more.object_id AND chunk.key = more.key AND chunk.kind = $12
          AND chunk.chunk_no = more.chunk_no AND chunk.points = more.points
        LIMIT 1
    ) AS held ON more.points > 0
),
grown AS (
    UPDATE metric_chunks AS held SET
        points = held.points + cardinality(piece.steps),
        steps = held.steps || piece.steps,
        wallclock_s = held.wallclock_s || piece.wallclock_s,
        doubles = held.doubles || piece.doubles,
        strings = held.strings || piece.strings,
        blobs = held.blobs || piece.blobs
    FROM piece
    WHERE held.ctid = piece.place
    RETURNING 1
),
begun AS (
    INSERT INTO metric_chunks (object_id, key, kind, chunk_no, points, steps, wallclock_s, doubles, strings, blobs)
    SELECT object_id, key, $12, chunk_no, cardinality(steps), steps, wallclock_s, doubles, strings, blobs
    FROM piece
    WHERE points = 0
    RETURNING 1
)
SELECT (SELECT count(*) FROM grown) + (SELECT count(*) FROM begun)

-- Append points of one kind to their chunks. The points of all series stand one after another in $6 to $10;
-- piece i is those from $4[i] to $5[i], counted from 1, and goes to the end of chunk $3[i].
INSERT INTO metric_chunks AS held (object_id, key, kind, chunk_no, steps, wallclock_s, doubles, strings, blobs)
SELECT
    piece.object_id,
    piece.key,
    $11::text,
    piece.chunk_no,
    ($6::bigint[])[piece.first_point:piece.last_point],
    ($7::double precision[])[piece.first_point:piece.last_point],
    ($8::double precision[])[piece.first_point:piece.last_point],
    ($9::text[])[piece.first_point:piece.last_point],
    ($10::bytea[])[piece.first_point:piece.last_point]
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::integer[])
    AS piece (object_id, key, chunk_no, first_point, last_point)
ON CONFLICT (object_id, key, kind, chunk_no) DO UPDATE SET
    steps = held.steps || excluded.steps,
    wallclock_s = held.wallclock_s || excluded.wallclock_s,
    doubles = held.doubles || excluded.doubles,
    strings = held.strings || excluded.strings,
    blobs = held.blobs || excluded.blobs

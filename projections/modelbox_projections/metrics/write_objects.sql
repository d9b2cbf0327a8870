-- Write how far objects are sealed: over the row at $1, or as a new one where that is null.
WITH written AS MATERIALIZED (
    SELECT more.*, more.at::tid AS place
    FROM unnest(
        $1::text[], $2::uuid[], $3::integer[], $4::integer[], $5::integer[], $6::bigint[], $7::integer[], $8::integer[],
        $9::integer[], $10::integer[]
    ) AS more (
        at, object_id, version_256, last_version, sealed_version, sealed_position, blocks, points, series, text_size
    )
),
changed AS (
    UPDATE metric_objects AS held SET
        version_256 = written.version_256,
        last_version = written.last_version,
        sealed_version = written.sealed_version,
        sealed_position = written.sealed_position,
        blocks = written.blocks,
        points = written.points,
        series = written.series,
        text_size = written.text_size
    FROM written
    WHERE held.ctid = written.place
)
INSERT INTO metric_objects (
    object_id, version_256, last_version, sealed_version, sealed_position, blocks, points, series, text_size
)
SELECT object_id, version_256, last_version, sealed_version, sealed_position, blocks, points, series, text_size
FROM written
WHERE place IS NULL

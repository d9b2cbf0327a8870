-- Write what series have come to: over the row at $1, or as a new one where that is null.
WITH written AS MATERIALIZED (
    SELECT more.*, more.at::tid AS place
    FROM unnest(
        $1::text[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::integer[], $8::timestamptz[],
        $9::timestamptz[], $10::double precision[], $11::bigint[], $12::double precision[], $13::double precision[],
        $14::double precision[]
    ) AS more (
        at, object_id, key, kind, points_256, points, block, created_at, updated_at, latest, latest_step,
        latest_wallclock_s, min, max
    )
),
changed AS (
    UPDATE metric_series AS held SET
        points_256 = written.points_256,
        points = written.points,
        block = written.block,
        latest = written.latest,
        latest_step = written.latest_step,
        latest_wallclock_s = written.latest_wallclock_s,
        min = written.min,
        max = written.max,
        updated_at = written.updated_at
    FROM written
    WHERE held.ctid = written.place
)
INSERT INTO metric_series (
    object_id, key, kind, created_at, points_256, points, block, latest, latest_step, latest_wallclock_s, min, max,
    updated_at
)
SELECT
    object_id, key, kind, created_at, points_256, points, block, latest, latest_step, latest_wallclock_s, min, max,
    updated_at
FROM written
WHERE place IS NULL

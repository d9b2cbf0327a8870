-- Count the points that a page brings, and keep the last, smallest and largest; returns how many each series has now.
INSERT INTO metric_series AS held
    (object_id, key, kind, points, created_at, updated_at, latest, latest_step, latest_wallclock_s, min, max)
SELECT * FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
    $7::double precision[], $8::bigint[], $9::double precision[], $10::double precision[], $11::double precision[]
)
ON CONFLICT (object_id, key, kind) DO UPDATE SET
    points = held.points + excluded.points,
    updated_at = excluded.updated_at,
    latest = CASE
        WHEN (excluded.latest_step, excluded.latest_wallclock_s) >= (held.latest_step, held.latest_wallclock_s)
        THEN excluded.latest ELSE held.latest
    END,
    latest_wallclock_s = CASE
        WHEN (excluded.latest_step, excluded.latest_wallclock_s) >= (held.latest_step, held.latest_wallclock_s)
        THEN excluded.latest_wallclock_s ELSE held.latest_wallclock_s
    END,
    latest_step = greatest(held.latest_step, excluded.latest_step),
    min = least(held.min, excluded.min),
    max = greatest(held.max, excluded.max)
RETURNING object_id, key, kind, points

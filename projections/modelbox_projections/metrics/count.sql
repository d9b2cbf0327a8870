-- Count the points that a page brings, and keep the last, smallest and largest; returns how many each series has now.
-- A series is found by its number of points, the largest first: what held snapshots keep of it stands behind that.
WITH brought AS MATERIALIZED (
    SELECT more.*, held.place
    FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
        $7::double precision[], $8::bigint[], $9::double precision[], $10::double precision[], $11::double precision[]
    ) AS more (
        object_id, key, kind, points, created_at, updated_at, latest, latest_step, latest_wallclock_s, min, max
    )
    LEFT JOIN LATERAL (
        SELECT series.ctid AS place
        FROM metric_series AS series
        WHERE series.object_id = more.object_id AND series.key = more.key AND series.kind = more.kind
        ORDER BY series.points DESC
        LIMIT 1
    ) AS held ON true
),
counted AS (
    UPDATE metric_series AS held SET
        points = held.points + brought.points,
        updated_at = brought.updated_at,
        latest = CASE
            WHEN (brought.latest_step, brought.latest_wallclock_s) >= (held.latest_step, held.latest_wallclock_s)
            THEN brought.latest ELSE held.latest
        END,
        latest_wallclock_s = CASE
            WHEN (brought.latest_step, brought.latest_wallclock_s) >= (held.latest_step, held.latest_wallclock_s)
            THEN brought.latest_wallclock_s ELSE held.latest_wallclock_s
        END,
        latest_step = greatest(held.latest_step, brought.latest_step),
        min = least(held.min, brought.min),
        max = greatest(held.max, brought.max)
    FROM brought
    WHERE held.ctid = brought.place
    RETURNING held.object_id, held.key, held.kind, held.points
),
begun AS (
    INSERT INTO metric_series
        (object_id, key, kind, points, created_at, updated_at, latest, latest_step, latest_wallclock_s, min, max)
    SELECT object_id, key, kind, points, created_at, updated_at, latest, latest_step, latest_wallclock_s, min, max
    FROM brought
    WHERE place IS NULL
    RETURNING object_id, key, kind, points
)
SELECT object_id, key, kind, points FROM counted
UNION ALL
SELECT object_id, key, kind, points FROM begun

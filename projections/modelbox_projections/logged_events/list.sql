-- The first $5 events logged on object $1 with wallclock $2 or later that come after the place of $3 and $4.
-- They also end after the one with which their metadata crosses $6 bytes, with one more: the first of what follows.
SELECT id, object_id, name, source, wallclock, metadata, created_at, created_position
FROM (
    SELECT *, sum(bytes) OVER (ORDER BY wallclock, created_position ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING)
              AS bytes_before
    FROM (
        SELECT *, octet_length(metadata::text) AS bytes
        FROM modelbox_views.logged_events
        WHERE object_id = $1 AND wallclock >= $2 AND (wallclock, created_position) > ($3::timestamptz, $4::bigint)
        ORDER BY wallclock, created_position
        LIMIT $5
    ) AS found
) AS page
WHERE coalesce(bytes_before, 0) < $6
ORDER BY wallclock, created_position

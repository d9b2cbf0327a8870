-- The first $5 events logged on object $1 with wallclock $2 or later that come after the place of $3 and $4.
SELECT id, object_id, name, source, wallclock, metadata, created_at, created_position
FROM modelbox_views.logged_events
WHERE object_id = $1 AND wallclock >= $2 AND (wallclock, created_position) > ($3::timestamptz, $4::bigint)
ORDER BY wallclock, created_position
LIMIT $5

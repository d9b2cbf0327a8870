-- What the sealed pieces of an object's series hold that may have a step from $3 to $4, only of the keys $2 unless it is
-- empty.
SELECT
    key, kind, block, piece, points, first_step, last_step, is_ascending, low, low_step, low_wallclock_s, high, high_step,
    high_wallclock_s
FROM modelbox_views.metric_pieces
WHERE object_id = $1 AND (cardinality($2::text[]) = 0 OR key = ANY ($2::text[]))
    AND last_step >= $3::bigint AND first_step <= $4::bigint
ORDER BY key COLLATE "C", kind, block, piece

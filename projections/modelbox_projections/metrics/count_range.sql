-- How many sealed points an object's series have whose step is from $3 to $4, only of the keys $2 unless it is empty.
SELECT coalesce(sum(
    CASE
        WHEN piece.first_step >= $3::bigint AND piece.last_step <= $4::bigint THEN piece.points
        ELSE (
            SELECT count(*)
            FROM modelbox_views.metric_axes AS axis
            CROSS JOIN LATERAL unnest(axis.steps) AS point (step)
            WHERE axis.object_id = piece.object_id AND axis.block = piece.block AND axis.axis = piece.axis
                AND point.step BETWEEN $3::bigint AND $4::bigint
        )
    END
), 0)::bigint
FROM modelbox_views.metric_pieces AS piece
WHERE piece.object_id = $1 AND (cardinality($2::text[]) = 0 OR piece.key = ANY ($2::text[]))
    AND piece.last_step >= $3::bigint AND piece.first_step <= $4::bigint

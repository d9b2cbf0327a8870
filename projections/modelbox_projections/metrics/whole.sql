-- The sealed pieces of an object's series that may have a step from $3 to $4, only of the keys $2 unless it is empty. Of
-- pieces with the same axis only the first that comes has it.
SELECT
    piece.key, piece.kind, piece.block, piece.piece, piece.is_ascending, piece.doubles, piece.strings, piece.blobs,
    CASE WHEN piece.is_first THEN axis.steps END AS steps,
    CASE WHEN piece.is_first THEN axis.wallclock_s END AS wallclock_s
FROM (
    SELECT *, row_number() OVER (PARTITION BY block, axis ORDER BY key, kind, piece) = 1 AS is_first
    FROM modelbox_views.metric_pieces
    WHERE object_id = $1 AND (cardinality($2::text[]) = 0 OR key = ANY ($2::text[]))
        AND last_step >= $3::bigint AND first_step <= $4::bigint
) AS piece
JOIN modelbox_views.metric_axes AS axis
    ON axis.object_id = piece.object_id AND axis.block = piece.block AND axis.axis = piece.axis
ORDER BY piece.block, piece.axis, piece.is_first DESC

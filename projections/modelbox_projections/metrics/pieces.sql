-- These sealed pieces of an object's series.
SELECT piece.key, piece.kind, piece.block, piece.piece, piece.is_ascending, axis.steps, axis.wallclock_s,
    piece.doubles, piece.strings, piece.blobs
FROM unnest($2::text[], $3::text[], $4::integer[], $5::integer[]) AS wanted (key, kind, block, piece)
JOIN modelbox_views.metric_pieces AS piece
    ON piece.object_id = $1 AND piece.key = wanted.key AND piece.kind = wanted.kind AND piece.block = wanted.block
    AND piece.piece = wanted.piece
JOIN modelbox_views.metric_axes AS axis
    ON axis.object_id = piece.object_id AND axis.block = piece.block AND axis.axis = piece.axis

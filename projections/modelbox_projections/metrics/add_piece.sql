-- Seal a piece of a series.
INSERT INTO metric_pieces (
    object_id, key, kind, block, piece, axis, points, points_before, first_step, last_step, is_ascending,
    low, low_step, low_wallclock_s, high, high_step, high_wallclock_s, last_version, last_position,
    latest, latest_step, latest_wallclock_s, min, max, doubles, strings, blobs
)
VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    $25::double precision[], $26::text[], $27::bytea[]
)

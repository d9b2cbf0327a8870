-- Seal steps and wallclocks.
INSERT INTO metric_axes (object_id, block, axis, steps, wallclock_s)
VALUES ($1, $2, $3, $4::bigint[], $5::double precision[])

-- What readers of this version read, over the tables of the version before, until the view is rebuilt: chunks of each
-- series as they were, each with an axis of its own; nothing is in the log alone.
CREATE OR REPLACE VIEW modelbox_views.metric_objects AS
SELECT
    object_id, 0 AS version_256, 0 AS last_version, 0 AS sealed_version, 0::bigint AS sealed_position, 0 AS blocks,
    0 AS points, 0 AS series, 0 AS text_size
FROM metric_series
WHERE false;

CREATE OR REPLACE VIEW modelbox_views.metric_axes AS
SELECT object_id, chunk_no AS block, hashtextextended(key || ' ' || kind, 0) AS axis, steps, wallclock_s
FROM metric_chunks;

CREATE OR REPLACE VIEW modelbox_views.metric_pieces AS
SELECT
    chunk.object_id, chunk.key, chunk.kind, chunk.chunk_no AS block, 0 AS piece,
    hashtextextended(chunk.key || ' ' || chunk.kind, 0) AS axis,
    cardinality(chunk.steps) AS points, chunk.chunk_no * 1024::bigint AS points_before,
    span.first_step, span.last_step, false AS is_ascending,
    NULL::double precision AS low, NULL::bigint AS low_step, NULL::double precision AS low_wallclock_s,
    NULL::double precision AS high, NULL::bigint AS high_step, NULL::double precision AS high_wallclock_s,
    0 AS last_version, 0::bigint AS last_position,
    NULL::double precision AS latest, NULL::bigint AS latest_step, NULL::double precision AS latest_wallclock_s,
    NULL::double precision AS min, NULL::double precision AS max,
    chunk.doubles, chunk.strings, chunk.blobs
FROM metric_chunks AS chunk
CROSS JOIN LATERAL (SELECT min(step) AS first_step, max(step) AS last_step FROM unnest(chunk.steps) AS step) AS span;

-- The points of an object stay in the log, in its own stream, until there are enough of them; then all that it has there
-- are written here as one block, in arrays. Which event ends a block follows from the object's stream alone (sealing.py),
-- so the same log gives the same blocks, however it was cut into pages.

-- One row a series: how many points it has, sealed or not, and which of the object's blocks the last of them goes to.
-- Of doubles also the value of the last point (by step, then wallclock, then as logged), the smallest and the largest;
-- NaN is none of these two.
-- The row changes with each fold. It is found by a number that grows, without passing all those that it was before,
-- which a dump or a check may keep in place for hours; and that grows once in 256 points, so that most changes touch no
-- index.
CREATE TABLE metric_series (
    object_id          uuid NOT NULL,
    key                text NOT NULL,
    kind               text NOT NULL,
    created_at         timestamptz NOT NULL,
    points_256         bigint NOT NULL,
    points             bigint NOT NULL,
    block              integer NOT NULL,
    latest             double precision,
    latest_step        bigint,
    latest_wallclock_s double precision,
    min                double precision,
    max                double precision,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (object_id, key, kind, points_256)
) WITH (fillfactor = 50);
-- A search that asks for a key reads those who have it. The values are in no index: each new point would write there.
CREATE INDEX ON metric_series (key, object_id);

-- One row an object: how far its stream is sealed, and what of it is in the log alone: events after `sealed_version` up
-- to `last_version`, with so many points of so many series, and so many characters and bytes of strings and bytes.
CREATE TABLE metric_objects (
    object_id       uuid NOT NULL,
    version_256     integer NOT NULL,
    last_version    integer NOT NULL,
    sealed_version  integer NOT NULL,
    sealed_position bigint NOT NULL,
    blocks          integer NOT NULL,
    points          integer NOT NULL,
    series          integer NOT NULL,
    text_size       integer NOT NULL,
    PRIMARY KEY (object_id, version_256)
) WITH (fillfactor = 50);

-- Steps and wallclocks of sealed points; series that were logged together have them in common.
CREATE TABLE metric_axes (
    object_id   uuid NOT NULL,
    block       integer NOT NULL,
    axis        bigint NOT NULL,
    steps       bigint[] NOT NULL,
    wallclock_s double precision[] NOT NULL,
    PRIMARY KEY (object_id, block, axis)
);

-- Sealed values of a series, in the order they were logged; the column of the series' kind is filled, the others are
-- null. A block has one piece of a series, or several of about 1,024 points.
--   first_step … high_*  what this piece holds: its lowest and its highest step, whether each step is above the one
--                        before, and where all values are finite the first of its smallest and of its largest
--   last_* … max         up to which event of the stream and of the log the block goes, and what the series came to there
CREATE TABLE metric_pieces (
    object_id          uuid NOT NULL,
    key                text NOT NULL,
    kind               text NOT NULL,
    block              integer NOT NULL,
    piece              integer NOT NULL,
    axis               bigint NOT NULL,
    points             integer NOT NULL,
    points_before      bigint NOT NULL,
    first_step         bigint NOT NULL,
    last_step          bigint NOT NULL,
    is_ascending       boolean NOT NULL,
    low                double precision,
    low_step           bigint,
    low_wallclock_s    double precision,
    high               double precision,
    high_step          bigint,
    high_wallclock_s   double precision,
    last_version       integer NOT NULL,
    last_position      bigint NOT NULL,
    latest             double precision,
    latest_step        bigint,
    latest_wallclock_s double precision,
    min                double precision,
    max                double precision,
    doubles            double precision[],
    strings            text[],
    blobs              bytea[],
    PRIMARY KEY (object_id, key, kind, block, piece)
);

-- Numbers hardly compress.
ALTER TABLE metric_axes ALTER COLUMN steps SET STORAGE EXTERNAL, ALTER COLUMN wallclock_s SET STORAGE EXTERNAL;
ALTER TABLE metric_pieces ALTER COLUMN doubles SET STORAGE EXTERNAL;

-- A row a point, for people and plotting tools: those that are sealed.
CREATE VIEW metric_points AS
SELECT
    piece.object_id,
    piece.key,
    piece.kind,
    piece.points_before + point.number AS number,
    point.step,
    point.wallclock_s,
    point.double_value,
    point.string_value,
    point.bytes_value
FROM metric_pieces AS piece
JOIN metric_axes AS axis USING (object_id, block, axis)
CROSS JOIN LATERAL unnest(axis.steps, axis.wallclock_s, piece.doubles, piece.strings, piece.blobs)
    WITH ORDINALITY AS point (step, wallclock_s, double_value, string_value, bytes_value, number);

-- All points as processes of the version before read them, who go on beside this one during an upgrade: what is sealed,
-- and what is in the log alone, which SQL reads slowly.
CREATE VIEW metric_chunks AS
SELECT
    piece.object_id,
    piece.key,
    piece.kind,
    piece.points_before AS chunk_no,
    piece.points,
    axis.steps,
    axis.wallclock_s,
    piece.doubles,
    piece.strings,
    piece.blobs
FROM metric_pieces AS piece
JOIN metric_axes AS axis USING (object_id, block, axis)
UNION ALL
SELECT
    object.object_id,
    series.value ->> 'key',
    series.value ->> 'kind',
    -- Behind whatever is sealed.
    4611686018427387904 + event.version * 65536::bigint + series.number,
    cardinality(points.steps),
    points.steps,
    points.wallclock_s,
    points.doubles,
    points.strings,
    points.blobs
FROM metric_objects AS object
JOIN modelbox.events AS event
    ON event.stream_id = object.object_id AND event.position > object.sealed_position
    AND event.version > object.sealed_version AND event.version <= object.last_version
CROSS JOIN LATERAL (SELECT convert_from(event.data, 'UTF8')::json AS logged) AS data
CROSS JOIN LATERAL json_array_elements(data.logged -> 'series') WITH ORDINALITY AS series (value, number)
CROSS JOIN LATERAL (
    SELECT
        ARRAY(SELECT step::bigint FROM json_array_elements_text(series.value -> 'steps') AS step) AS steps,
        ARRAY(
            SELECT wallclock_s::double precision
            FROM json_array_elements_text(series.value -> 'wallclock_s') AS wallclock_s
        ) AS wallclock_s,
        CASE WHEN series.value ->> 'kind' = 'double' THEN
            ARRAY(SELECT value::double precision FROM json_array_elements_text(series.value -> 'values') AS value)
        END AS doubles,
        CASE WHEN series.value ->> 'kind' = 'string' THEN
            ARRAY(SELECT value FROM json_array_elements_text(series.value -> 'values') AS value)
        END AS strings,
        CASE WHEN series.value ->> 'kind' = 'bytes' THEN
            ARRAY(SELECT decode(value, 'base64') FROM json_array_elements_text(series.value -> 'values') AS value)
        END AS blobs
) AS points
WHERE event.type = 'MetricsLogged' AND event.codec = 1 AND event.data IS NOT NULL
    AND (data.logged ->> 'object_id')::uuid = object.object_id AND cardinality(points.steps) > 0;

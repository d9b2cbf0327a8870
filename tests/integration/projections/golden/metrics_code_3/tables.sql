-- One row a series: how many points it has. Which chunk a point goes to follows from this number alone,
-- so the same log gives the same chunks, however it was cut into pages.
-- Of doubles also the value of the last point (by step, then wallclock, then as logged), the smallest and the largest;
-- NaN is none of these two.
-- Numbers of points are in the keys, because they grow: a fold finds a row without passing those that it was before,
-- which a dump or a check may keep in place for hours.
CREATE TABLE metric_series (
    object_id          uuid NOT NULL,
    key                text NOT NULL,
    kind               text NOT NULL,
    points             bigint NOT NULL,
    latest             double precision,
    latest_step        bigint,
    latest_wallclock_s double precision,
    min                double precision,
    max                double precision,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (object_id, key, kind, points)
) WITH (fillfactor = 80);
-- A search that asks for a key reads those who have it. The values are in no index: each new point would write there.
CREATE INDEX ON metric_series (key, object_id);

-- Points in the order they were logged, 1,024 a chunk; the value column of the series' kind is filled, the others are null.
CREATE TABLE metric_chunks (
    object_id   uuid NOT NULL,
    key         text NOT NULL,
    kind        text NOT NULL,
    chunk_no    integer NOT NULL,
    points      integer NOT NULL,
    steps       bigint[] NOT NULL,
    wallclock_s double precision[] NOT NULL,
    doubles     double precision[],
    strings     text[],
    blobs       bytea[],
    PRIMARY KEY (object_id, key, kind, chunk_no, points)
) WITH (fillfactor = 80);

-- Numbers hardly compress, and the tail chunk is read and written often.
ALTER TABLE metric_chunks
    ALTER COLUMN steps SET STORAGE EXTERNAL,
    ALTER COLUMN wallclock_s SET STORAGE EXTERNAL,
    ALTER COLUMN doubles SET STORAGE EXTERNAL;

-- A row a point, for people and plotting tools.
CREATE VIEW metric_points AS
SELECT
    chunk.object_id,
    chunk.key,
    chunk.kind,
    chunk.chunk_no * 1024::bigint + point.number AS number,
    point.step,
    point.wallclock_s,
    point.double_value,
    point.string_value,
    point.bytes_value
FROM metric_chunks AS chunk
CROSS JOIN LATERAL unnest(chunk.steps, chunk.wallclock_s, chunk.doubles, chunk.strings, chunk.blobs)
    WITH ORDINALITY AS point (step, wallclock_s, double_value, string_value, bytes_value, number);

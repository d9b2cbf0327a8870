-- Two indexes that most appends now leave alone.

-- A stream's row is found by its id and a block of versions. By (id, version) each append to a stream added an entry to
-- the index, and the next one passed over all those of the page that vacuum had not taken yet. Within a block an update
-- touches no index, and what held snapshots keep of a row is passed over for one block at most.
-- A process of the version before knows nothing of the column and leaves it: the row is found all the same.
ALTER TABLE modelbox.streams ADD COLUMN version_block integer NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX streams_block ON modelbox.streams (id, version_block);
DROP INDEX modelbox.streams_version;

-- Few streams have more than a hundred events, so only what comes after those is worth an index of its own: the first
-- hundred are read through (read_stream_few.sql).
DROP INDEX modelbox.events_few;
CREATE INDEX events_few ON modelbox.events (stream_id, type, version)
    WHERE version > 100 AND type NOT IN ('MetricsLogged', 'EventLogged');

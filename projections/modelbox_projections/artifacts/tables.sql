-- `place` orders artifacts: several may come with one event, so its position is not enough.
CREATE TABLE artifacts (
    id               uuid PRIMARY KEY,
    parent_id        uuid NOT NULL,
    namespace        text NOT NULL,
    path             text NOT NULL,
    file_type        text NOT NULL,
    checksum         text NOT NULL,
    size             bigint NOT NULL,
    sha256           text NOT NULL,
    md5              text NOT NULL,
    uploaded         boolean NOT NULL,
    created_at       timestamptz NOT NULL,
    created_position bigint NOT NULL,
    place            bigint NOT NULL
);
CREATE INDEX ON artifacts (parent_id, place);
-- Which one is the newest under its path. By its hash: a path may be too long for an index.
CREATE INDEX ON artifacts (parent_id, uploaded, hashtextextended(path, 0), place);
-- Which bytes are here already.
CREATE INDEX ON artifacts (sha256) WHERE uploaded;
CREATE INDEX ON artifacts (namespace, size, sha256) WHERE uploaded;

-- What users reported; `metadata` is json, not jsonb, so that values are kept as they were recorded.
CREATE TABLE logged_events (
    id               uuid PRIMARY KEY,
    object_id        uuid NOT NULL,
    name             text NOT NULL,
    source           text NOT NULL,
    wallclock        timestamptz NOT NULL,
    metadata         json NOT NULL,
    created_at       timestamptz NOT NULL,
    created_position bigint NOT NULL
);
CREATE INDEX ON logged_events (object_id, wallclock, created_position);

-- json, not jsonb: a value is kept as it was recorded, to the last digit.
CREATE TABLE metadata (
    object_id  uuid NOT NULL,
    key        text NOT NULL,
    value      json NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (object_id, key)
);
-- A search that asks for a key reads those who have it, not everyone's metadata.
CREATE INDEX ON metadata (key, object_id);

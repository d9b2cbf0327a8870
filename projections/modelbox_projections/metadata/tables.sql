-- `position` is where the value was written. It is in the key because it grows: a fold finds the row without passing
-- those that it was before, which a dump or a check may keep in place for hours.
-- json, not jsonb: a value is kept as it was recorded, to the last digit.
CREATE TABLE metadata (
    object_id  uuid NOT NULL,
    key        text NOT NULL,
    value      json NOT NULL,
    updated_at timestamptz NOT NULL,
    position   bigint NOT NULL,
    PRIMARY KEY (object_id, key, position)
);
-- A search that asks for a key reads those who have it, not everyone's metadata.
CREATE INDEX ON metadata (key, object_id);

-- What every kind of object has; its own tables.sql adds the rest, and the view that readers see.
-- A text that a kind does not have stays empty.
CREATE TABLE objects (
    id               uuid PRIMARY KEY,
    namespace        text NOT NULL,
    name             text NOT NULL,
    owner            text NOT NULL,
    description      text NOT NULL,
    task             text NOT NULL,
    comment          text NOT NULL,
    labels           jsonb NOT NULL,
    deleted_at       timestamptz,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_position bigint NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX ON objects (namespace, created_position);

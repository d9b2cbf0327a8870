-- What every kind of object has; its own tables.sql adds the rest, and the view that readers see.
-- A text that a kind does not have stays empty. `updated_at` is when the row itself changed.
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

-- When what hangs on an object last changed: its metadata, hyperparameters or files. That can be often, so it is beside
-- the object's row, with a key that grows: a fold finds the row without passing those that it was before, which a dump
-- or a check may keep in place for hours.
CREATE TABLE touches (
    object_id uuid NOT NULL,
    at        timestamptz NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (object_id, position)
);

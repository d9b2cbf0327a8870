-- What is known of each model.
CREATE TABLE models (
    id               uuid PRIMARY KEY,
    namespace        text NOT NULL,
    name             text NOT NULL,
    owner            text NOT NULL,
    task             text NOT NULL,
    description      text NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_position bigint NOT NULL,
    UNIQUE (namespace, name)
);
CREATE INDEX ON models (namespace, created_position);

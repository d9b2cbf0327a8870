-- What is known of each model version, and which one holds which unique tag.
CREATE TABLE model_versions (
    id               uuid PRIMARY KEY,
    model_id         uuid NOT NULL,
    namespace        text NOT NULL,
    version          text NOT NULL,
    name             text NOT NULL,
    description      text NOT NULL,
    framework        text NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_position bigint NOT NULL,
    UNIQUE (model_id, version)
);
CREATE INDEX ON model_versions (model_id, created_position);

CREATE TABLE unique_tags (
    model_id         uuid NOT NULL,
    tag              text NOT NULL,
    model_version_id uuid NOT NULL,
    PRIMARY KEY (model_id, tag)
);
CREATE INDEX ON unique_tags (model_version_id);

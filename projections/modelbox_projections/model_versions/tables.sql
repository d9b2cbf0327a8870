-- What is known of each model version, and which one holds which unique tag.
ALTER TABLE objects
    ADD COLUMN model_id uuid NOT NULL,
    ADD COLUMN version text NOT NULL,
    ADD COLUMN framework text NOT NULL,
    ADD COLUMN experiment_id uuid,
    ADD COLUMN run_id uuid,
    ADD COLUMN checkpoint_id uuid;
CREATE UNIQUE INDEX ON objects (model_id, version);
CREATE INDEX ON objects (model_id, created_position);

-- On which model version each unique tag was last set.
CREATE TABLE last_tags (
    model_id         uuid NOT NULL,
    tag              text NOT NULL,
    model_version_id uuid NOT NULL,
    PRIMARY KEY (model_id, tag)
);
CREATE INDEX ON last_tags (model_version_id);

-- Who holds each: nobody while the model version is deleted, which a restored one does again.
CREATE VIEW unique_tags AS
SELECT tags.model_id, tags.tag, tags.model_version_id
FROM last_tags AS tags
JOIN objects ON objects.id = tags.model_version_id
WHERE objects.deleted_at IS NULL;

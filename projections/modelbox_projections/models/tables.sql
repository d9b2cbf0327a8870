-- What is known of each model.
CREATE UNIQUE INDEX ON objects (namespace, name);

CREATE VIEW models AS
SELECT
    id, namespace, name, owner, task, description, labels, deleted_at, created_at, updated_at, created_position
FROM objects;

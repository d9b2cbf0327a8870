-- What is known of each dataset.
ALTER TABLE objects
    ADD COLUMN location text NOT NULL,
    ADD COLUMN digest text NOT NULL,
    ADD COLUMN columns json NOT NULL,
    ADD COLUMN row_count bigint,
    ADD COLUMN column_count bigint;
CREATE UNIQUE INDEX ON objects (namespace, name, digest);

CREATE VIEW datasets AS
SELECT
    id, namespace, name, location, digest, columns, row_count, column_count, labels, deleted_at,
    created_at,
    greatest(updated_at, (
        SELECT touched.at FROM touches AS touched
        WHERE touched.object_id = objects.id
        ORDER BY touched.position DESC
        LIMIT 1
    )) AS updated_at,
    created_position
FROM objects;

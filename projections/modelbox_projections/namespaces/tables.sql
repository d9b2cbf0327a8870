-- Which namespaces there are, and how many objects of each kind that are not deleted each holds: a row a namespace and
-- kind of which it ever held one.
-- `changed_position` is in the key because it grows: a fold finds the row without passing those that it was before,
-- which a dump or a check may keep in place for hours.
CREATE TABLE namespace_counts (
    name             text COLLATE "C" NOT NULL,
    kind             text NOT NULL,
    objects          bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_position bigint NOT NULL,
    changed_position bigint NOT NULL,
    PRIMARY KEY (name, kind, changed_position)
);

-- For processes of the version before, while both run.
CREATE VIEW namespaces AS
SELECT
    name,
    coalesce(sum(objects) FILTER (WHERE kind = 'model'), 0)::bigint AS models,
    coalesce(sum(objects) FILTER (WHERE kind = 'experiment'), 0)::bigint AS experiments,
    coalesce(sum(objects) FILTER (WHERE kind = 'dataset'), 0)::bigint AS datasets,
    min(created_at) AS created_at, max(updated_at) AS updated_at,
    min(created_position) AS created_position, max(changed_position) AS changed_position
FROM namespace_counts
GROUP BY name;

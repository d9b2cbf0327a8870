-- Add what a page brought to their namespaces; what was deleted counts against it. A namespace is found by where it last
-- changed, the last first: what held snapshots keep of its row stands behind that.
WITH brought AS MATERIALIZED (
    SELECT more.*, held.place
    FROM unnest(
        $1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::bigint[],
        $8::bigint[]
    ) AS more (name, models, experiments, datasets, created_at, updated_at, created_position, changed_position)
    LEFT JOIN LATERAL (
        SELECT found.ctid AS place
        FROM namespaces AS found
        WHERE found.name = more.name
        ORDER BY found.changed_position DESC
        LIMIT 1
    ) AS held ON true
),
changed AS (
    UPDATE namespaces AS held SET
        models = held.models + brought.models,
        experiments = held.experiments + brought.experiments,
        datasets = held.datasets + brought.datasets,
        updated_at = brought.updated_at,
        changed_position = brought.changed_position
    FROM brought
    WHERE held.ctid = brought.place
)
INSERT INTO namespaces
    (name, models, experiments, datasets, created_at, updated_at, created_position, changed_position)
SELECT name, models, experiments, datasets, created_at, updated_at, created_position, changed_position
FROM brought
WHERE place IS NULL

-- Add what a page brought to their namespaces; what was deleted counts against it.
INSERT INTO namespaces AS held (name, models, experiments, datasets, created_at, updated_at, created_position)
SELECT * FROM unnest(
    $1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::bigint[]
)
ON CONFLICT (name) DO UPDATE SET
    models = held.models + excluded.models,
    experiments = held.experiments + excluded.experiments,
    datasets = held.datasets + excluded.datasets,
    updated_at = excluded.updated_at

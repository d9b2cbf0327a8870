-- What hangs on these objects, a row an object in their order: metadata, hyperparameters, what their series of doubles
-- come to, and whether they have files. Columns of arrays, because a row for each key takes several times as long.
-- With $2, of the first of these objects whose keys and JSON come to $2 bytes together, one more among them.
-- With $3, of each the first $3 hyperparameters and series.
WITH texts AS MATERIALIZED (
    SELECT wanted.number, wanted.id, metadata.*, params.*, metrics.*,
        coalesce(metadata_bytes, 0) + coalesce(param_bytes, 0) + coalesce(metric_bytes, 0) AS bytes
    FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, number)
    CROSS JOIN LATERAL (
        SELECT
            array_agg(key ORDER BY key COLLATE "C") AS metadata_keys,
            array_agg(value::text ORDER BY key COLLATE "C") AS metadata_values,
            sum(octet_length(key) + octet_length(value::text)) AS metadata_bytes
        FROM modelbox_views.metadata
        WHERE object_id = wanted.id
    ) AS metadata
    CROSS JOIN LATERAL (
        SELECT
            array_agg(name ORDER BY name COLLATE "C") AS param_names,
            array_agg(value ORDER BY name COLLATE "C") AS param_values,
            sum(octet_length(name) + octet_length(value)) AS param_bytes
        FROM (
            -- In the order of the index, of which no more is read.
            SELECT name, value::text AS value FROM modelbox_views.hyperparameters
            WHERE object_id = wanted.id ORDER BY name LIMIT $3::bigint
        ) AS held
    ) AS params
    CROSS JOIN LATERAL (
        SELECT
            array_agg(key ORDER BY key COLLATE "C") AS metric_keys,
            array_agg(latest ORDER BY key COLLATE "C") AS latest,
            array_agg(latest_step ORDER BY key COLLATE "C") AS latest_steps,
            array_agg(coalesce(min, 'NaN') ORDER BY key COLLATE "C") AS smallest,
            array_agg(coalesce(max, 'NaN') ORDER BY key COLLATE "C") AS largest,
            array_agg(points ORDER BY key COLLATE "C") AS points,
            -- Five numbers of up to nine bytes, each with its tag.
            sum(octet_length(key) + 50) AS metric_bytes
        FROM (
            -- IS TRUE keeps the kind out of the index: Postgres 18 would skip from key to key there, and rather do so in
            -- the smaller index that begins with the key, at twice the cost of all this.
            SELECT key, latest, latest_step, min, max, points FROM modelbox_views.metric_series
            WHERE object_id = wanted.id AND (kind = 'double') IS TRUE ORDER BY key LIMIT $3::bigint
        ) AS held
    ) AS metrics
),
counted AS (
    SELECT *, sum(bytes) OVER (ORDER BY number) - bytes AS bytes_before FROM texts
)
SELECT
    id, metadata_keys, metadata_values, param_names, param_values,
    metric_keys, latest, latest_steps, smallest, largest, points,
    EXISTS (SELECT FROM modelbox_views.artifacts AS found WHERE found.parent_id = counted.id) AS has_files
FROM counted
WHERE $2::bigint IS NULL OR bytes_before < $2::bigint
ORDER BY number

-- As of_many.sql, of the first of these objects whose metadata and hyperparameters come to $2 bytes together, one more
-- among them: a row `told` names each object that the answer is about.
WITH wanted AS (
    SELECT id, number FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, number)
),
texts AS MATERIALIZED (
    SELECT wanted.number, wanted.id, 'metadata' AS what, found.key COLLATE "C" AS key, found.value::text AS value
    FROM wanted JOIN modelbox_views.metadata AS found ON found.object_id = wanted.id
    UNION ALL
    SELECT wanted.number, wanted.id, 'hyperparameters', found.name, found.value::text
    FROM wanted JOIN modelbox_views.hyperparameters AS found ON found.object_id = wanted.id
),
sizes AS (
    SELECT number, sum(octet_length(value)) AS bytes FROM texts GROUP BY number
),
told AS MATERIALIZED (
    SELECT id, number
    FROM (
        SELECT id, number, sum(coalesce(bytes, 0)) OVER (ORDER BY number) - coalesce(bytes, 0) AS bytes_before
        FROM wanted LEFT JOIN sizes USING (number)
    ) AS counted
    WHERE bytes_before < $2::bigint
)
SELECT id AS object_id, what, key, value,
       NULL::double precision AS latest, NULL::bigint AS latest_step,
       NULL::double precision AS min, NULL::double precision AS max, NULL::bigint AS points
FROM texts
WHERE number IN (SELECT number FROM told)
UNION ALL
SELECT found.object_id, 'metrics', found.key, NULL, found.latest, found.latest_step, found.min, found.max, found.points
FROM told JOIN modelbox_views.metric_series AS found ON found.object_id = told.id AND found.kind = 'double'
UNION ALL
SELECT id, 'files', '', NULL, NULL, NULL, NULL, NULL, NULL
FROM told
WHERE EXISTS (SELECT FROM modelbox_views.artifacts AS found WHERE found.parent_id = told.id)
UNION ALL
SELECT id, 'told', '', NULL, NULL, NULL, NULL, NULL, NULL
FROM told
ORDER BY key

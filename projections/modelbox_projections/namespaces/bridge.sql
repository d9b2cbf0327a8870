-- What readers of this version read, over the table of any version before, until the view is rebuilt. The first two have
-- no position of the last change, which readers do not ask for; the first counts models alone.
CREATE OR REPLACE VIEW modelbox_views.namespace_counts AS
SELECT held.name, counted.kind, counted.objects, held.created_at, held.updated_at, held.created_position,
    held.created_position AS changed_position
FROM namespaces AS held
CROSS JOIN LATERAL (
    VALUES
        ('model', held.models),
        ('experiment', (to_jsonb(held) ->> 'experiments')::bigint),
        ('dataset', (to_jsonb(held) ->> 'datasets')::bigint)
) AS counted (kind, objects)
WHERE counted.objects IS NOT NULL;

-- What readers of this version read, over the table of any version before, until the view is rebuilt. The first two have
-- no position of the last change, which readers do not ask for.
CREATE OR REPLACE VIEW modelbox_views.namespace_counts AS
SELECT held.name, counted.kind, counted.objects, held.created_at, held.updated_at, held.created_position,
    held.created_position AS changed_position
FROM namespaces AS held
CROSS JOIN LATERAL (
    VALUES ('model', held.models), ('experiment', held.experiments), ('dataset', held.datasets)
) AS counted (kind, objects);

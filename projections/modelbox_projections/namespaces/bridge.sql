-- What readers of this version read, over the table of the version before, until the view is rebuilt.
CREATE OR REPLACE VIEW modelbox_views.namespace_counts AS
SELECT held.name, counted.kind, counted.objects, held.created_at, held.updated_at, held.created_position,
    held.changed_position
FROM namespaces AS held
CROSS JOIN LATERAL (
    VALUES ('model', held.models), ('experiment', held.experiments), ('dataset', held.datasets)
) AS counted (kind, objects);

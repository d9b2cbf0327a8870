-- The model with this id, its metadata, and whether it has files.
SELECT
    held.id, held.namespace, held.name, held.owner, held.task, held.description, held.labels,
    held.deleted_at, held.created_at, held.updated_at, held.created_position,
    ARRAY(
        SELECT found.key FROM modelbox_views.metadata AS found
        WHERE found.object_id = held.id
        ORDER BY found.key COLLATE "C"
    ) AS metadata_keys,
    ARRAY(
        SELECT found.value::text FROM modelbox_views.metadata AS found
        WHERE found.object_id = held.id
        ORDER BY found.key COLLATE "C"
    ) AS metadata_values,
    EXISTS (SELECT FROM modelbox_views.artifacts AS found WHERE found.parent_id = held.id) AS has_files
FROM modelbox_views.models AS held
WHERE held.id = $1

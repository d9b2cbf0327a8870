-- The model version with this id, its metadata, and whether it has files.
SELECT
    held.id, held.model_id, held.namespace, held.version, held.name, held.description, held.framework,
    ARRAY(
        SELECT tags.tag FROM modelbox_views.unique_tags AS tags
        WHERE tags.model_version_id = held.id
        ORDER BY tags.tag COLLATE "C"
    ) AS unique_tags,
    held.created_at, held.updated_at, held.created_position,
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
FROM modelbox_views.model_versions AS held
WHERE held.id = $1

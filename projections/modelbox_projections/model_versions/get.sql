-- The model version with this id.
SELECT
    held.id, held.model_id, held.namespace, held.version, held.name, held.description, held.framework,
    ARRAY(
        SELECT tags.tag FROM modelbox_views.unique_tags AS tags
        WHERE tags.model_version_id = held.id
        ORDER BY tags.tag COLLATE "C"
    ) AS unique_tags,
    held.created_at, held.updated_at, held.created_position
FROM modelbox_views.model_versions AS held
WHERE held.id = $1

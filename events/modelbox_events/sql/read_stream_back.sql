-- Events of one stream from a version backwards, of some types (all types where the list is null).
-- The page also ends after the event with which its data crosses $5 bytes; data itself is read for that page only.
SELECT position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
       actor, auth_type, correlation_id, causation_id, trace, codec, data, data_ref, data_sha256, meta, key_id, salt,
       content_hash, hash, digest_version, data_hash, redacted_by
FROM (
    SELECT *, sum(coalesce(length(data), 0)) OVER (ORDER BY version DESC) - coalesce(length(data), 0) AS bytes_before
    FROM modelbox.events
    WHERE stream_id = $1 AND version <= $2 AND ($3::text[] IS NULL OR type = ANY ($3))
    ORDER BY version DESC
    LIMIT $4
) AS page
WHERE bytes_before < $5
ORDER BY version DESC

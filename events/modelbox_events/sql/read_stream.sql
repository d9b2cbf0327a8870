-- Events of one stream in order, after a version, of some types (all types where the list is null).
SELECT position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
       actor, auth_type, correlation_id, causation_id, trace, codec, data, data_ref, data_sha256, meta, key_id, salt,
       content_hash, hash
FROM modelbox.events
WHERE stream_id = $1 AND version > $2 AND ($3::text[] IS NULL OR type = ANY ($3))
ORDER BY version
LIMIT $4

-- Events of one stream in order, after version $2 up to version $3, which stand after position $4, of types $5.
-- The position leaves out the partitions that are older.
SELECT position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
       actor, auth_type, correlation_id, causation_id, trace, codec, data, data_ref, data_sha256, meta, key_id, salt,
       content_hash, hash, digest_version, data_hash, redacted_by
FROM modelbox.events
WHERE stream_id = $1 AND version > $2 AND version <= $3 AND position > $4 AND type = ANY ($5)
ORDER BY version

-- Events in log order after a position, up to another.
SELECT position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
       actor, auth_type, correlation_id, causation_id, trace, codec, data, data_ref, data_sha256, meta, key_id, salt,
       content_hash, hash
FROM modelbox.events
WHERE position > $1 AND position <= $2
ORDER BY position
LIMIT $3

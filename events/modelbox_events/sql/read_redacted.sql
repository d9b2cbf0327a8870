-- A redacted event: who says so, whether its data is gone, the hash of all its other columns, and what was said.
SELECT event.redacted_by, event.data IS NULL AND event.salt IS NULL AS is_gone,
       sha256(record_send(ROW(
           event.position, event.namespace, event.stream_type, event.stream_id, event.version, event.event_id,
           event.type, event.schema_version, event.recorded_at, event.occurred_at, event.actor, event.auth_type,
           event.correlation_id, event.causation_id, event.trace, event.codec, event.data_ref, event.data_sha256,
           event.meta, event.key_id, event.digest_version, event.content_hash, event.hash))) AS rest_hash,
       record.type AS said_type, record.codec AS said_codec, record.data AS said
FROM modelbox.events AS event
LEFT JOIN modelbox.events AS record ON record.position = event.redacted_by
WHERE event.position = $1

-- Events in log order after a position, up to another.
-- The page also ends after the event with which its data crosses $4 bytes; data itself is read for that page only.
SELECT position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
       actor, auth_type, correlation_id, causation_id, trace, codec, data, data_ref, data_sha256, meta, key_id, salt,
       content_hash, hash, digest_version, data_hash, redacted_by
FROM (
    SELECT *, sum(coalesce(length(data), 0)) OVER (ORDER BY position) - coalesce(length(data), 0) AS bytes_before
    FROM modelbox.events
    WHERE position > $1 AND position <= $2
    ORDER BY position
    LIMIT $3
) AS page
WHERE bytes_before < $4
ORDER BY position

-- Events in log order between two positions that match a filter; a null leaves a condition out.
-- The page also ends after the event with which its data crosses $7 bytes; data itself is read for that page only.
SELECT position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
       actor, auth_type, correlation_id, causation_id, trace, codec, data, data_ref, data_sha256, meta, key_id, salt,
       content_hash, hash, digest_version, data_hash, redacted_by
FROM (
    SELECT *, sum(coalesce(length(data), 0)) OVER (ORDER BY position) - coalesce(length(data), 0) AS bytes_before
    FROM modelbox.events
    WHERE position > $1 AND position <= $2
      AND ($3::text IS NULL OR namespace = $3)
      AND ($4::text[] IS NULL OR type = ANY ($4))
      AND ($5::text IS NULL OR stream_type = $5)
    ORDER BY position
    LIMIT $6
) AS page
WHERE bytes_before < $7
ORDER BY position

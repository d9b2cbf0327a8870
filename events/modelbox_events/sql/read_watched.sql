-- Events after a position, up to another, of namespaces $3; and for their hashes those at both ends, without data.
-- The page also ends after the event with which its data crosses $5 bytes; data itself is read for that page only.
SELECT position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
       actor, auth_type, correlation_id, causation_id, trace, codec,
       CASE WHEN position > $1 AND namespace = ANY ($3) THEN data END AS data,
       data_ref, data_sha256, meta, key_id, salt, content_hash, hash, digest_version, data_hash, redacted_by
FROM (
    SELECT *, sum(bytes) OVER (ORDER BY position) - bytes AS bytes_before
    FROM (
        SELECT *, CASE WHEN position > $1 AND namespace = ANY ($3) THEN coalesce(length(data), 0) ELSE 0 END AS bytes
        FROM modelbox.events
        WHERE position >= $1 AND position <= $2 AND (namespace = ANY ($3::text[]) OR position IN ($1, $2))
        ORDER BY position
        LIMIT $4
    ) AS found
) AS page
WHERE bytes_before < $5
ORDER BY position

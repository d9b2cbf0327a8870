-- As read_stream_back.sql, of types of which a stream has few events: found by index events_few.
-- Each type is looked up alone, since only so the index gives its events in order and no plan can prefer another.
SELECT position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
       actor, auth_type, correlation_id, causation_id, trace, codec, data, data_ref, data_sha256, meta, key_id, salt,
       content_hash, hash, digest_version, data_hash, redacted_by
FROM (
    SELECT *, sum(coalesce(length(data), 0)) OVER (ORDER BY version DESC) - coalesce(length(data), 0) AS bytes_before
    FROM (
        SELECT event.*
        FROM unnest($3::text[]) AS wanted (type)
        CROSS JOIN LATERAL (
            SELECT *
            FROM modelbox.events
            WHERE stream_id = $1 AND type = wanted.type AND version <= $2
              AND type NOT IN ('MetricsLogged', 'EventLogged')
            ORDER BY version DESC
            LIMIT $4
        ) AS event
        ORDER BY event.version DESC
        LIMIT $4
    ) AS found
) AS page
WHERE bytes_before < $5
ORDER BY version DESC

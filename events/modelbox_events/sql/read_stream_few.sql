-- As read_stream.sql, of types of which a stream has few events, however many others it has: the first hundred are
-- read through, those after them are found by index events_few.
-- There each type is looked up alone, since only so the index gives its events in order and no plan can prefer another.
SELECT position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
       actor, auth_type, correlation_id, causation_id, trace, codec, data, data_ref, data_sha256, meta, key_id, salt,
       content_hash, hash, digest_version, data_hash, redacted_by
FROM (
    SELECT *, sum(coalesce(length(data), 0)) OVER (ORDER BY version) - coalesce(length(data), 0) AS bytes_before
    FROM (
        (
            SELECT *
            FROM modelbox.events
            WHERE stream_id = $1 AND type = ANY ($3) AND version > $2 AND version <= 100
            ORDER BY version
            LIMIT $4
        )
        UNION ALL
        SELECT event.*
        FROM unnest($3::text[]) AS wanted (type)
        CROSS JOIN LATERAL (
            SELECT *
            FROM modelbox.events
            WHERE stream_id = $1 AND type = wanted.type AND version > greatest($2, 100) AND version > 100
              AND type NOT IN ('MetricsLogged', 'EventLogged')
            ORDER BY version
            LIMIT $4
        ) AS event
        ORDER BY version
        LIMIT $4
    ) AS found
) AS page
WHERE bytes_before < $5
ORDER BY version

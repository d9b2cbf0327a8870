-- Streams by their objects' ids; each row is found by what grows.
SELECT found.id, found.namespace, found.type, found.version, found.last_position, found.closed_at IS NOT NULL AS closed
FROM unnest($1::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT * FROM modelbox.streams WHERE streams.id = wanted.id ORDER BY streams.version_block DESC LIMIT 1
) AS found

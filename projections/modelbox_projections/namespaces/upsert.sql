-- Add what a page brought to their namespaces; what was deleted counts against it. A row is found by where it last
-- changed, the last first: what held snapshots keep of it stands behind that.
WITH brought AS MATERIALIZED (
    SELECT more.*, held.place
    FROM unnest(
        $1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::bigint[]
    ) AS more (name, kind, objects, created_at, updated_at, created_position, changed_position)
    LEFT JOIN LATERAL (
        SELECT found.ctid AS place
        FROM namespace_counts AS found
        WHERE found.name = more.name AND found.kind = more.kind
        ORDER BY found.changed_position DESC
        LIMIT 1
    ) AS held ON true
),
changed AS (
    UPDATE namespace_counts AS held SET
        objects = held.objects + brought.objects,
        updated_at = brought.updated_at,
        changed_position = brought.changed_position
    FROM brought
    WHERE held.ctid = brought.place
)
INSERT INTO namespace_counts (name, kind, objects, created_at, updated_at, created_position, changed_position)
SELECT name, kind, objects, created_at, updated_at, created_position, changed_position
FROM brought
WHERE place IS NULL

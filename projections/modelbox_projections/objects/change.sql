-- What changed of objects; null means that it stays. Of labels null takes one away.
UPDATE objects AS held
SET updated_at = changed.at,
    owner = coalesce(changed.owner, held.owner),
    description = coalesce(changed.description, held.description),
    task = coalesce(changed.task, held.task),
    comment = coalesce(changed.comment, held.comment),
    labels = coalesce(jsonb_strip_nulls(held.labels || changed.labels), held.labels),
    deleted_at = CASE WHEN changed.decides THEN changed.deleted_at ELSE held.deleted_at END
FROM unnest(
    $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::boolean[],
    $9::timestamptz[]
) AS changed (id, at, owner, description, task, comment, labels, decides, deleted_at)
WHERE held.id = changed.id

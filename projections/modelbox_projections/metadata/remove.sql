-- Take keys away.
DELETE FROM metadata AS held
USING unnest($1::uuid[], $2::text[]) AS gone (object_id, key)
WHERE held.object_id = gone.object_id AND held.key = gone.key

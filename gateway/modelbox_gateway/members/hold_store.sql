-- Remember the store $1, at $2, as that of the log's artifacts, if it is, if none is yet, or if nobody living takes calls
-- (with a lease not older than $3 seconds); return which is remembered now; nothing if another
-- process wrote the first at this moment.
WITH held AS (
    INSERT INTO modelbox_gateway.artifact_store AS held (store_id, place) VALUES ($1, $2)
    ON CONFLICT (is_only) DO UPDATE SET store_id = excluded.store_id, place = excluded.place
    WHERE held.store_id <> excluded.store_id AND NOT EXISTS (
        SELECT FROM modelbox_gateway.members
        WHERE rpc_addr <> '' AND renewed_at >= clock_timestamp() - make_interval(secs => $3)
    )
    RETURNING store_id, place
), before AS (
    SELECT store_id, place FROM modelbox_gateway.artifact_store
)
SELECT coalesce(held.store_id, before.store_id) AS store_id,
       coalesce(held.place, before.place) AS place,
       before.place AS place_before
FROM (VALUES (true)) AS one (row) LEFT JOIN held ON true LEFT JOIN before ON true

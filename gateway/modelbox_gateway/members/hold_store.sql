-- Remember the store $1, at $2, as that of the log's artifacts, if it is, if none is yet, or if nobody living takes calls
-- (with a lease not older than $3 seconds, in this database); return which is remembered now; nothing if another process
-- wrote the first at this moment.
WITH here AS (
    SELECT control.system_identifier || '/' || database.oid AS database
    FROM pg_control_system() AS control, pg_database AS database
    WHERE database.datname = current_database()
), held AS (
    INSERT INTO modelbox_gateway.artifact_store AS held (store_id, place, database)
    SELECT $1, $2, here.database FROM here
    ON CONFLICT (is_only) DO UPDATE
    SET store_id = excluded.store_id, place = excluded.place, database = excluded.database
    WHERE (held.store_id, held.database) <> (excluded.store_id, excluded.database) AND (
        held.store_id = excluded.store_id OR held.database <> excluded.database OR NOT EXISTS (
            SELECT FROM modelbox_gateway.members
            WHERE rpc_addr <> '' AND renewed_at >= clock_timestamp() - make_interval(secs => $3)
        )
    )
    RETURNING store_id, place
), before AS (
    SELECT store_id, place FROM modelbox_gateway.artifact_store
)
SELECT coalesce(held.store_id, before.store_id) AS store_id,
       coalesce(held.place, before.place) AS place,
       before.place AS place_before
FROM (VALUES (true)) AS one (row) LEFT JOIN held ON true LEFT JOIN before ON true

-- Recompute the hashes of the events after $1 up to $2, where the chain had hash $3 at $1; see hashing.py.
-- Each condition is judged against the stored hash before it, so any range can be checked on its own. What a redacted
-- event of digest version 1 held cannot be recomputed; all redacted ones are named, to be looked at one by one.
WITH checked AS (
    SELECT position, hash, content_hash, digest_version, redacted_by, data_hash,
           lag(position, 1, $1::bigint) OVER log_order AS previous_position,
           lag(hash, 1, $3::bytea) OVER log_order AS previous_hash,
           sha256(sha256(CASE digest_version
               WHEN 1 THEN record_send(ROW(
                   namespace, stream_type, stream_id, occurred_at, actor, auth_type, correlation_id, causation_id,
                   trace, meta, event_id, type, schema_version, codec, data, data_ref, data_sha256, key_id, salt))
               WHEN 2 THEN record_send(ROW(
                   2::smallint, namespace, stream_type, stream_id, occurred_at, actor, auth_type, correlation_id,
                   causation_id, trace, meta, event_id, type, schema_version, codec,
                   coalesce(data_hash, sha256(salt || data)), data_ref, data_sha256, key_id))
               END) || int4send(version) || timestamptz_send(recorded_at)) AS computed
    FROM modelbox.events
    WHERE position > $1 AND position <= $2
    WINDOW log_order AS (ORDER BY position)
)
SELECT count(*) AS events,
       coalesce(max(position), $1) AS last_position,
       min(previous_position + 1) FILTER (WHERE previous_position + 1 <> position) AS missing,
       min(position) FILTER (
           WHERE computed IS DISTINCT FROM content_hash AND NOT (digest_version = 1 AND redacted_by IS NOT NULL)
       ) AS changed,
       min(position) FILTER (WHERE hash <> sha256(previous_hash || int8send(position) || content_hash)) AS unchained,
       array_agg(position ORDER BY position) FILTER (WHERE redacted_by IS NOT NULL OR data_hash IS NOT NULL) AS redacted
FROM checked

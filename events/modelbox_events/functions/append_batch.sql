-- What the versions before the last call: as `append_requests`, with its arguments in other arrays, and salts drawn here.
--
-- Streams (written, opened or claimed), keys and contexts are the distinct ones of the batch, at most one stream of an
-- id; requests refer to them by index from 1, and so do events, to what their requests refer to. Opened and claimed
-- streams and events stand in request order.
CREATE OR REPLACE FUNCTION modelbox.append_batch(
    reads_level smallint, digest_version smallint,
    stream_ids uuid[], stream_types text[], stream_namespaces text[],
    key_actors text[], key_texts text[],
    context_actors text[], context_auth_types smallint[], context_occurred timestamptz[],
    context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[],
    request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[],
    request_events integer[], request_opens integer[], request_claims integer[], request_hashes bytea[],
    opened_streams integer[], claimed_streams integer[], claimed_versions integer[],
    event_streams integer[], event_contexts integer[],
    event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[]
) RETURNS TABLE (outcome smallint, detail integer, first_position bigint, last_position bigint, version integer,
                 recorded_at timestamptz, hash bytea, log_id uuid, format_level smallint)
LANGUAGE plpgsql AS $$
DECLARE
    salted          CONSTANT smallint := 2;
    request_numbers integer[];
    hashes          bytea;
    keys            text[];
    actors          text[];
    occurred        timestamptz[];
    correlations    uuid[];
    causations      uuid[];
    traces          bytea[];
    metas           bytea[];
    claims          integer[];
    event_numbers   integer[];
    salts           bytea;
BEGIN
    SELECT array_agg(ARRAY[r.stream, r.expected, r.events, r.opens, r.claims, context_auth_types[r.context], r.first]
                     ORDER BY r.n),
           string_agg(r.hash, '' ORDER BY r.n),
           array_agg(key_texts[r.key] ORDER BY r.n),
           array_agg(context_actors[r.context] ORDER BY r.n),
           array_agg(context_occurred[r.context] ORDER BY r.n),
           array_agg(context_correlations[r.context] ORDER BY r.n),
           array_agg(context_causations[r.context] ORDER BY r.n),
           array_agg(context_traces[r.context] ORDER BY r.n),
           array_agg(context_metas[r.context] ORDER BY r.n)
        INTO request_numbers, hashes, keys, actors, occurred, correlations, causations, traces, metas
        FROM (
            SELECT *, (min(u.n) OVER (PARTITION BY u.key))::integer AS first
            FROM unnest(request_streams, request_contexts, request_keys, request_expected, request_events,
                        request_opens, request_claims, request_hashes)
                WITH ORDINALITY AS u (stream, context, key, expected, events, opens, claims, hash, n)
        ) AS r;
    SELECT array_agg(ARRAY[c.stream, c.version] ORDER BY c.n)
        INTO claims
        FROM unnest(claimed_streams, claimed_versions) WITH ORDINALITY AS c (stream, version, n);
    SELECT array_agg(ARRAY[e.request, event_schema_versions[e.n]] ORDER BY e.n),
           CASE WHEN append_batch.digest_version = salted THEN string_agg(uuid_send(gen_random_uuid()), '') END
        INTO event_numbers, salts
        FROM (
            SELECT r.n::integer AS request, row_number() OVER (ORDER BY r.n)::integer AS n
            FROM unnest(request_events) WITH ORDINALITY AS r (events, n), generate_series(1, r.events)
        ) AS e;
    RETURN QUERY
    SELECT a.*
    FROM modelbox.append_requests(
        reads_level, append_batch.digest_version, stream_ids, stream_types, stream_namespaces,
        request_numbers, hashes, keys, actors, occurred, correlations, causations, traces, metas,
        opened_streams, claims, event_numbers, event_ids, event_types, event_datas, salts) AS a;
END $$;

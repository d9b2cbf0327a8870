-- What the first version calls. Its own digests are compared before anything is locked: it merged streams of one id, so a
-- batch of it may hold what would never verify. Refused as a whole, it sends each request alone, which is right.
CREATE OR REPLACE FUNCTION modelbox.append(
    stream_ids uuid[], stream_types text[], stream_namespaces text[],
    key_actors text[], key_texts text[],
    context_actors text[], context_auth_types smallint[], context_occurred timestamptz[],
    context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[],
    request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[],
    request_events integer[], request_opens integer[], request_hashes bytea[],
    opened_streams integer[],
    event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[], event_digests bytea[]
) RETURNS TABLE (outcome smallint, detail integer, first_position bigint, last_position bigint, version integer, recorded_at timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    event_streams  integer[];
    event_contexts integer[];
BEGIN
    SELECT array_agg(r.stream ORDER BY r.n), array_agg(r.context ORDER BY r.n)
        INTO event_streams, event_contexts
        FROM unnest(request_streams, request_contexts, request_events) WITH ORDINALITY AS r (stream, context, events, n),
             generate_series(1, r.events);
    IF event_digests IS DISTINCT FROM (
        SELECT array_agg(sha256(record_send(ROW(
                   stream_namespaces[e.stream], stream_types[e.stream], stream_ids[e.stream],
                   context_occurred[e.context], context_actors[e.context], context_auth_types[e.context],
                   context_correlations[e.context], context_causations[e.context], context_traces[e.context],
                   context_metas[e.context], e.id, e.type, e.schema_version, 1::smallint, e.data,
                   NULL::text, NULL::bytea, NULL::uuid, NULL::bytea))) ORDER BY e.n)
        FROM unnest(event_streams, event_contexts, event_ids, event_types, event_schema_versions, event_datas)
            WITH ORDINALITY AS e (stream, context, id, type, schema_version, data, n))
    THEN
        RAISE EXCEPTION 'an event''s digest is not that of its columns' USING ERRCODE = 'data_exception';
    END IF;
    RETURN QUERY
    SELECT a.outcome, a.detail, a.first_position, a.last_position, a.version, a.recorded_at
    FROM modelbox.append_batch(
        1::smallint, 1::smallint, stream_ids, stream_types, stream_namespaces, key_actors, key_texts,
        context_actors, context_auth_types, context_occurred, context_correlations, context_causations,
        context_traces, context_metas, request_streams, request_contexts, request_keys, request_expected,
        request_events, request_opens, array_fill(0, ARRAY[cardinality(request_streams)]), request_hashes,
        opened_streams, '{}', '{}', event_streams, event_contexts,
        event_ids, event_types, event_schema_versions, event_datas) AS a;
END $$;

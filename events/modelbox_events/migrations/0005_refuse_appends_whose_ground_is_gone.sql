-- As in 0004, and beside the streams that a request opens it may name such as must not exist: what it was decided on.
--
-- Append a batch of requests in one call: lock the head, judge each request alone, record those that hold.
--
-- The lock is the first statement. Whatever depends on it stands in a later one: READ COMMITTED takes its snapshot
-- per statement, and one that locked and read together would read stale versions.
--
-- Streams (written or opened), keys and contexts are the distinct ones of the batch; requests refer to them by index
-- from 1. Opened streams and events stand in request order; a negative index is a stream that must not exist and is
-- not opened. Data is JSON (codec 1). Outcomes: 0 recorded, 1 duplicate, 2 wrong expected version, 3 stream not found,
-- 4 stream closed, 5 stream exists that should not, 6 key used for another request, 7 version overflow.
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
#variable_conflict use_column
DECLARE
    head        modelbox.log_head%ROWTYPE;
    now_        timestamptz;
    versions    integer[];   -- per stream: -1 absent, -2 of another namespace or type, -3 closed
    lasts       bigint[];    -- per stream: last position written in this batch
    opened      integer;
    key_firsts  bigint[];
    key_lasts   bigint[];
    key_hashes  bytea[];
    key_versions integer[];
    key_times   timestamptz[];
    key_fresh   boolean[];
    outcomes    smallint[] := array_fill(0::smallint, ARRAY[cardinality(request_streams)]);
    details     integer[] := array_fill(0, ARRAY[cardinality(request_streams)]);
    positions   bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(event_ids)]);
    event_versions integer[] := array_fill(NULL::integer, ARRAY[cardinality(event_ids)]);
    event_streams integer[] := array_fill(NULL::integer, ARRAY[cardinality(event_ids)]);
    event_contexts integer[] := array_fill(NULL::integer, ARRAY[cardinality(event_ids)]);
    contents    bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(event_ids)]);
    hashes      bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(event_ids)]);
    next_event  integer := 0;
    next_open   integer := 0;
    stream      integer;
    key         integer;
    current     integer;
    expected    integer;
    judged      smallint;
BEGIN
    SELECT * INTO head FROM modelbox.log_head WHERE id = 1 FOR UPDATE;
    now_ := greatest(clock_timestamp(), head.recorded_at);

    SELECT array_agg(CASE WHEN s.id IS NULL THEN -1
                          WHEN s.namespace <> u.namespace OR s.type <> u.type THEN -2
                          WHEN s.closed_at IS NOT NULL THEN -3
                          ELSE s.version END ORDER BY u.n)
        INTO versions
        FROM unnest(stream_ids, stream_types, stream_namespaces) WITH ORDINALITY AS u (id, type, namespace, n)
        LEFT JOIN modelbox.streams AS s ON s.id = u.id;
    lasts := array_fill(NULL::bigint, ARRAY[cardinality(stream_ids)]);

    SELECT array_agg(i.first_position ORDER BY u.n), array_agg(i.last_position ORDER BY u.n),
           array_agg(i.request_hash ORDER BY u.n), array_agg(i.version ORDER BY u.n),
           array_agg(i.recorded_at ORDER BY u.n)
        INTO key_firsts, key_lasts, key_hashes, key_versions, key_times
        FROM unnest(key_actors, key_texts) WITH ORDINALITY AS u (actor, key, n)
        LEFT JOIN modelbox.idempotency AS i ON i.actor = u.actor AND i.key = u.key;
    key_fresh := array_fill(false, ARRAY[cardinality(key_texts)]);

    FOR request IN 1 .. cardinality(request_streams) LOOP
        stream := request_streams[request];
        key := request_keys[request];
        current := versions[stream];
        expected := request_expected[request];
        judged := CASE
            WHEN key_firsts[key] IS NOT NULL THEN CASE WHEN key_hashes[key] = request_hashes[request] THEN 1 ELSE 6 END
            WHEN current = -2 THEN 3
            WHEN current = -3 THEN 4
            WHEN expected = -2 THEN CASE WHEN current >= 0 THEN 0 ELSE 3 END
            WHEN expected = -3 OR expected = current THEN 0
            ELSE 2 END;
        IF judged = 0 AND greatest(current, 0)::bigint + request_events[request] > 2147483647 THEN
            judged := 7;
        END IF;
        details[request] := greatest(current, 0);
        FOR n IN 1 .. request_opens[request] LOOP
            opened := abs(opened_streams[next_open + n]);
            IF judged = 0 AND versions[opened] <> -1 THEN
                judged := 5;
                details[request] := opened;
            END IF;
        END LOOP;
        outcomes[request] := judged;
        IF judged = 0 THEN
            current := greatest(current, 0);
            key_firsts[key] := head.position + 1;
            FOR n IN next_event + 1 .. next_event + request_events[request] LOOP
                head.position := head.position + 1;
                current := current + 1;
                contents[n] := sha256(event_digests[n] || int4send(current) || timestamptz_send(now_));
                head.hash := sha256(head.hash || int8send(head.position) || contents[n]);
                positions[n] := head.position;
                event_versions[n] := current;
                event_streams[n] := stream;
                event_contexts[n] := request_contexts[request];
                hashes[n] := head.hash;
            END LOOP;
            versions[stream] := current;
            lasts[stream] := head.position;
            FOR n IN 1 .. request_opens[request] LOOP
                opened := opened_streams[next_open + n];
                CONTINUE WHEN opened < 0;
                versions[opened] := 0;
                lasts[opened] := head.position;
            END LOOP;
            key_lasts[key] := head.position;
            key_hashes[key] := request_hashes[request];
            key_versions[key] := current;
            key_times[key] := now_;
            key_fresh[key] := true;
        END IF;
        next_event := next_event + request_events[request];
        next_open := next_open + request_opens[request];
    END LOOP;

    INSERT INTO modelbox.events (
        position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
        actor, auth_type, correlation_id, causation_id, trace, codec, data, meta, content_hash, hash)
    SELECT e.position, stream_namespaces[e.stream], stream_types[e.stream], stream_ids[e.stream], e.version, e.id, e.type, e.schema_version, now_,
           context_occurred[e.context], context_actors[e.context], context_auth_types[e.context],
           context_correlations[e.context], context_causations[e.context], context_traces[e.context],
           1, e.data, context_metas[e.context], e.content, e.hash
    FROM unnest(event_ids, event_types, event_schema_versions, event_datas,
                positions, event_versions, event_streams, event_contexts, contents, hashes)
        AS e (id, type, schema_version, data, position, version, stream, context, content, hash)
    WHERE e.position IS NOT NULL;

    INSERT INTO modelbox.streams AS s (id, namespace, type, version, last_position)
    SELECT u.id, u.namespace, u.type, u.version, u.last
    FROM unnest(stream_ids, stream_namespaces, stream_types, versions, lasts) AS u (id, namespace, type, version, last)
    WHERE u.last IS NOT NULL
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, last_position = excluded.last_position;

    INSERT INTO modelbox.idempotency (actor, key, request_hash, first_position, last_position, version, recorded_at)
    SELECT u.actor, u.key, u.hash, u.first, u.last, u.version, now_
    FROM unnest(key_actors, key_texts, key_hashes, key_firsts, key_lasts, key_versions, key_fresh)
        AS u (actor, key, hash, first, last, version, fresh)
    WHERE u.fresh;

    UPDATE modelbox.log_head AS h SET position = head.position, hash = head.hash, recorded_at = now_
    WHERE h.id = 1 AND h.position <> head.position;

    RETURN QUERY
    SELECT r.outcome, r.detail, key_firsts[r.key], key_lasts[r.key], key_versions[r.key], key_times[r.key]
    FROM unnest(outcomes, details, request_keys) WITH ORDINALITY AS r (outcome, detail, key, n)
    ORDER BY r.n;
END $$;

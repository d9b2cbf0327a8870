-- What the migrations in modelbox_events/migrations make. Written by `make schema`; to read, never applied.


CREATE SCHEMA modelbox;

CREATE FUNCTION modelbox.append(stream_ids uuid[], stream_types text[], stream_namespaces text[], key_actors text[], key_texts text[], context_actors text[], context_auth_types smallint[], context_occurred timestamp with time zone[], context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[], request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[], request_events integer[], request_opens integer[], request_hashes bytea[], opened_streams integer[], event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[], event_digests bytea[]) RETURNS TABLE(outcome smallint, detail integer, first_position bigint, last_position bigint, version integer, recorded_at timestamp with time zone)
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION modelbox.append_batch(reads_level smallint, digest_version smallint, stream_ids uuid[], stream_types text[], stream_namespaces text[], key_actors text[], key_texts text[], context_actors text[], context_auth_types smallint[], context_occurred timestamp with time zone[], context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[], request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[], request_events integer[], request_opens integer[], request_claims integer[], request_hashes bytea[], opened_streams integer[], claimed_streams integer[], claimed_versions integer[], event_streams integer[], event_contexts integer[], event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[]) RETURNS TABLE(outcome smallint, detail integer, first_position bigint, last_position bigint, version integer, recorded_at timestamp with time zone, hash bytea, log_id uuid, format_level smallint)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    head        modelbox.log_head%ROWTYPE;
    first_free  bigint;
    now_        timestamptz;
    context     integer;
    salts       bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(event_ids)]);
    digests     bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(event_ids)]);
    before      integer[];   -- per stream: -1 absent, -2 of another namespace or type, -3 closed
    versions    integer[];   -- the same, with what this batch records
    lasts       bigint[];    -- per stream: last position written in this batch
    moves       boolean := false;   -- whether it moves a stream that there was
    begins      boolean := false;   -- whether it begins one
    opened      integer;
    claimed     integer;
    key_firsts  bigint[];
    key_lasts   bigint[];
    key_hashes  bytea[];
    key_versions integer[];
    key_times   timestamptz[];
    key_chains  bytea[];
    key_fresh   boolean[];
    outcomes    smallint[] := array_fill(0::smallint, ARRAY[cardinality(request_streams)]);
    details     integer[] := array_fill(0, ARRAY[cardinality(request_streams)]);
    positions   bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(event_ids)]);
    event_versions integer[] := array_fill(NULL::integer, ARRAY[cardinality(event_ids)]);
    contents    bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(event_ids)]);
    hashes      bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(event_ids)]);
    next_event  integer := 0;
    next_open   integer := 0;
    next_claim  integer := 0;
    stream      integer;
    key         integer;
    current     integer;
    expected    integer;
    judged      smallint;
BEGIN
    FOR n IN 1 .. cardinality(event_ids) LOOP
        stream := event_streams[n];
        context := event_contexts[n];
        IF append_batch.digest_version = 2 THEN
            salts[n] := uuid_send(gen_random_uuid());
            digests[n] := sha256(record_send(ROW(
                2::smallint, stream_namespaces[stream], stream_types[stream], stream_ids[stream],
                context_occurred[context], context_actors[context], context_auth_types[context],
                context_correlations[context], context_causations[context], context_traces[context],
                context_metas[context], event_ids[n], event_types[n], event_schema_versions[n], 1::smallint,
                sha256(salts[n] || event_datas[n]), NULL::text, NULL::bytea, NULL::uuid)));
        ELSE
            digests[n] := sha256(record_send(ROW(
                stream_namespaces[stream], stream_types[stream], stream_ids[stream],
                context_occurred[context], context_actors[context], context_auth_types[context],
                context_correlations[context], context_causations[context], context_traces[context],
                context_metas[context], event_ids[n], event_types[n], event_schema_versions[n], 1::smallint,
                event_datas[n], NULL::text, NULL::bytea, NULL::uuid, NULL::bytea)));
        END IF;
    END LOOP;

    SELECT * INTO head FROM modelbox.log_head AS h ORDER BY h.position DESC LIMIT 1 FOR UPDATE;
    IF head.format_level > reads_level OR append_batch.digest_version > head.format_level THEN
        RAISE EXCEPTION 'the log has format level %, this process reads % and writes %',
            head.format_level, reads_level, append_batch.digest_version
            USING ERRCODE = '55MB1', HINT = 'Use a newer version of ModelBox.';
    END IF;
    first_free := head.position + 1;
    now_ := greatest(clock_timestamp(), head.recorded_at);

    SELECT array_agg(CASE WHEN s.version IS NULL THEN -1
                          WHEN s.namespace <> u.namespace OR s.type <> u.type THEN -2
                          WHEN s.closed_at IS NOT NULL THEN -3
                          ELSE s.version END ORDER BY u.n)
        INTO before
        FROM unnest(stream_ids, stream_types, stream_namespaces) WITH ORDINALITY AS u (id, type, namespace, n)
        LEFT JOIN LATERAL (
            SELECT * FROM modelbox.streams AS s WHERE s.id = u.id ORDER BY s.version DESC LIMIT 1
        ) AS s ON true;
    versions := before;
    lasts := array_fill(NULL::bigint, ARRAY[cardinality(stream_ids)]);

    SELECT array_agg(i.first_position ORDER BY u.n), array_agg(i.last_position ORDER BY u.n),
           array_agg(i.request_hash ORDER BY u.n), array_agg(i.version ORDER BY u.n),
           array_agg(i.recorded_at ORDER BY u.n)
        INTO key_firsts, key_lasts, key_hashes, key_versions, key_times
        FROM unnest(key_actors, key_texts) WITH ORDINALITY AS u (actor, key, n)
        LEFT JOIN modelbox.idempotency AS i ON i.actor = u.actor AND i.key = u.key;
    key_chains := array_fill(NULL::bytea, ARRAY[cardinality(key_texts)]);
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
        FOR n IN next_claim + 1 .. next_claim + request_claims[request] LOOP
            claimed := claimed_streams[n];
            IF judged = 0 AND (versions[claimed] < -1 OR greatest(versions[claimed], 0) <> claimed_versions[n]) THEN
                judged := 8;
                details[request] := claimed;
            END IF;
        END LOOP;
        FOR n IN next_open + 1 .. next_open + request_opens[request] LOOP
            opened := abs(opened_streams[n]);
            IF judged = 0 AND versions[opened] <> -1 THEN
                judged := 5;
                details[request] := opened;
            END IF;
        END LOOP;
        outcomes[request] := judged;
        IF judged = 0 THEN
            moves := moves OR current >= 0 OR request_claims[request] > 0;
            begins := begins OR current = -1 OR request_opens[request] > 0 OR request_claims[request] > 0;
            current := greatest(current, 0);
            key_firsts[key] := head.position + 1;
            FOR n IN next_event + 1 .. next_event + request_events[request] LOOP
                head.position := head.position + 1;
                current := current + 1;
                contents[n] := sha256(digests[n] || int4send(current) || timestamptz_send(now_));
                head.hash := sha256(head.hash || int8send(head.position) || contents[n]);
                positions[n] := head.position;
                event_versions[n] := current;
                hashes[n] := head.hash;
            END LOOP;
            versions[stream] := current;
            lasts[stream] := head.position;
            FOR n IN next_open + 1 .. next_open + request_opens[request] LOOP
                opened := opened_streams[n];
                CONTINUE WHEN opened < 0;
                versions[opened] := 0;
                lasts[opened] := head.position;
            END LOOP;
            FOR n IN next_claim + 1 .. next_claim + request_claims[request] LOOP
                claimed := claimed_streams[n];
                versions[claimed] := claimed_versions[n] + 1;
                lasts[claimed] := head.position;
            END LOOP;
            key_lasts[key] := head.position;
            key_hashes[key] := request_hashes[request];
            key_versions[key] := current;
            key_times[key] := now_;
            key_chains[key] := head.hash;
            key_fresh[key] := true;
        ELSIF judged = 1 AND key_chains[key] IS NULL THEN
            key_chains[key] := (SELECT e.hash FROM modelbox.events AS e WHERE e.position = key_lasts[key]);
        END IF;
        next_event := next_event + request_events[request];
        next_open := next_open + request_opens[request];
        next_claim := next_claim + request_claims[request];
    END LOOP;

    IF head.position >= first_free THEN
        INSERT INTO modelbox.events (
            position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at,
            occurred_at, actor, auth_type, correlation_id, causation_id, trace, codec, data, meta, salt,
            digest_version, content_hash, hash)
        SELECT e.position, stream_namespaces[e.stream], stream_types[e.stream], stream_ids[e.stream], e.version, e.id,
               e.type, e.schema_version, now_, context_occurred[e.context], context_actors[e.context],
               context_auth_types[e.context], context_correlations[e.context], context_causations[e.context],
               context_traces[e.context], 1, e.data, context_metas[e.context], e.salt, append_batch.digest_version, e.content, e.hash
        FROM unnest(event_ids, event_types, event_schema_versions, event_datas, salts, event_streams, event_contexts,
                    positions, event_versions, contents, hashes)
            AS e (id, type, schema_version, data, salt, stream, context, position, version, content, hash)
        WHERE e.position IS NOT NULL;

        IF moves THEN
            UPDATE modelbox.streams AS s SET version = u.version, last_position = u.last
            FROM unnest(stream_ids, before, versions, lasts) AS u (id, before, version, last)
            WHERE u.last IS NOT NULL AND u.before >= 0 AND s.id = u.id AND s.version = u.before;
        END IF;
        IF begins THEN
            INSERT INTO modelbox.streams (id, namespace, type, version, last_position)
            SELECT u.id, u.namespace, u.type, u.version, u.last
            FROM unnest(stream_ids, stream_namespaces, stream_types, before, versions, lasts)
                AS u (id, namespace, type, before, version, last)
            WHERE u.last IS NOT NULL AND u.before = -1;
        END IF;

        IF head.keys_portion % 2 = 0 THEN
            INSERT INTO modelbox.idempotency_0
            SELECT u.actor, u.key, u.hash, u.first, u.last, u.version, now_
            FROM unnest(key_actors, key_texts, key_hashes, key_firsts, key_lasts, key_versions, key_fresh)
                AS u (actor, key, hash, first, last, version, fresh)
            WHERE u.fresh;
        ELSE
            INSERT INTO modelbox.idempotency_1
            SELECT u.actor, u.key, u.hash, u.first, u.last, u.version, now_
            FROM unnest(key_actors, key_texts, key_hashes, key_firsts, key_lasts, key_versions, key_fresh)
                AS u (actor, key, hash, first, last, version, fresh)
            WHERE u.fresh;
        END IF;

        UPDATE modelbox.log_head AS h SET position = head.position, hash = head.hash, recorded_at = now_
        WHERE h.position = first_free - 1;
    END IF;

    FOR request IN 1 .. cardinality(request_streams) LOOP
        key := request_keys[request];
        outcome := outcomes[request];
        detail := details[request];
        first_position := key_firsts[key];
        last_position := key_lasts[key];
        version := key_versions[key];
        recorded_at := key_times[key];
        hash := key_chains[key];
        log_id := head.log_id;
        format_level := head.format_level;
        RETURN NEXT;
    END LOOP;
END $$;

CREATE FUNCTION modelbox.append_requests(reads_level smallint, digest_version smallint, stream_ids uuid[], stream_types text[], stream_namespaces text[], request_numbers integer[], request_hashes bytea, keys text[], actors text[], occurred timestamp with time zone[], correlations uuid[], causations uuid[], traces bytea[], metas bytea[], opened_streams integer[], claims integer[], event_numbers integer[], event_ids uuid[], event_types text[], event_datas bytea[], event_salts bytea) RETURNS TABLE(outcome smallint, detail integer, first_position bigint, last_position bigint, version integer, recorded_at timestamp with time zone, hash bytea, log_id uuid, format_level smallint)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    versions_a_block CONSTANT integer := 64;
    requests    CONSTANT integer := cardinality(keys);
    digests     bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(event_ids)]);
    head        bigint;      -- where the log ended before
    last        bigint;      -- and with what this batch records
    chain       bytea;
    portion     integer;
    now_        timestamptz;
    now_bytes   bytea;
    before      integer[];   -- per stream: -1 absent, -2 of another namespace or type, -3 closed
    places      tid[];       -- where its row is
    versions    integer[];   -- the same, with what this batch records
    lasts       bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(stream_ids)]);  -- what it wrote there last
    moves       boolean := false;   -- whether it moves a stream that there was
    begins      boolean := false;   -- whether it begins one
    updated     integer := 0;
    inserted    integer := 0;
    found       modelbox.idempotency[];  -- per request: what its key stands for
    earlier     modelbox.idempotency;
    holders     integer[] := array_fill(NULL::integer, ARRAY[requests]);  -- per first request of a key: which holds it
    firsts      bigint[] := array_fill(NULL::bigint, ARRAY[requests]);    -- per request that it records: its first
    starts      integer[] := array_fill(NULL::integer, ARRAY[requests]);  -- position, its stream's version before,
    skips       integer[] := starts;                                      -- and how many events stand before its own
    contents    bytea[] := digests;
    hashes      bytea[] := digests;
    next_event  integer := 0;
    next_open   integer := 0;
    next_claim  integer := 0;
    events      integer;
    opens       integer;
    claimed     integer;
    request     integer;
    holder      integer;
    stream      integer;
    other       integer;
    current     integer;
    expected    integer;
BEGIN
    FOR n IN 1 .. cardinality(event_ids) LOOP
        request := event_numbers[n][1];
        stream := request_numbers[request][1];
        IF append_requests.digest_version = 2 THEN
            digests[n] := sha256(record_send(ROW(
                2::smallint, stream_namespaces[stream], stream_types[stream], stream_ids[stream],
                occurred[request], actors[request], request_numbers[request][6]::smallint, correlations[request], causations[request],
                traces[request], metas[request], event_ids[n], event_types[n], event_numbers[n][2]::smallint, 1::smallint,
                sha256(substr(event_salts, 16 * n - 15, 16) || event_datas[n]), NULL::text, NULL::bytea, NULL::uuid)));
        ELSE
            digests[n] := sha256(record_send(ROW(
                stream_namespaces[stream], stream_types[stream], stream_ids[stream],
                occurred[request], actors[request], request_numbers[request][6]::smallint, correlations[request], causations[request],
                traces[request], metas[request], event_ids[n], event_types[n], event_numbers[n][2]::smallint, 1::smallint,
                event_datas[n], NULL::text, NULL::bytea, NULL::uuid, NULL::bytea)));
        END IF;
    END LOOP;

    SELECT h.position, h.hash, h.log_id, h.format_level, h.keys_portion, h.recorded_at
        INTO head, chain, log_id, format_level, portion, now_
        FROM modelbox.log_head AS h ORDER BY h.position DESC LIMIT 1 FOR UPDATE;
    IF format_level > reads_level OR append_requests.digest_version > format_level THEN
        RAISE EXCEPTION 'the log has format level %, this process reads % and writes %',
            format_level, reads_level, append_requests.digest_version
            USING ERRCODE = '55MB1', HINT = 'Use a newer version of ModelBox.';
    END IF;
    last := head;
    now_ := greatest(clock_timestamp(), now_);
    now_bytes := timestamptz_send(now_);

    SELECT array_agg(CASE WHEN s.version IS NULL THEN -1
                          WHEN s.namespace <> stream_namespaces[n] OR s.type <> stream_types[n] THEN -2
                          WHEN s.closed_at IS NOT NULL THEN -3
                          ELSE s.version END ORDER BY n),
           array_agg(s.place ORDER BY n),
           ARRAY(
               SELECT (SELECT i FROM modelbox.idempotency AS i WHERE i.actor = actors[r] AND i.key = keys[r] LIMIT 1)
               FROM generate_series(1, requests) AS r)
        INTO before, places, found
        FROM generate_series(1, cardinality(stream_ids)) AS n
        LEFT JOIN LATERAL (
            SELECT s.*, s.ctid AS place FROM modelbox.streams AS s
            WHERE s.id = stream_ids[n] ORDER BY s.version_block DESC LIMIT 1
        ) AS s ON true;
    versions := before;

    FOR n IN 1 .. requests LOOP
        stream := request_numbers[n][1];
        expected := request_numbers[n][2];
        events := request_numbers[n][3];
        opens := request_numbers[n][4];
        claimed := request_numbers[n][5];
        holder := holders[request_numbers[n][7]];
        current := versions[stream];
        outcome := CASE
            WHEN holder IS NOT NULL THEN
                CASE WHEN substr(request_hashes, 32 * holder - 31, 32) = substr(request_hashes, 32 * n - 31, 32)
                     THEN 1 ELSE 6 END
            WHEN (found[n]).key IS NOT NULL THEN
                CASE WHEN (found[n]).request_hash = substr(request_hashes, 32 * n - 31, 32) THEN 1 ELSE 6 END
            WHEN current = -2 THEN 3
            WHEN current = -3 THEN 4
            WHEN expected = -2 THEN CASE WHEN current >= 0 THEN 0 ELSE 3 END
            WHEN expected = -3 OR expected = current THEN 0
            ELSE 2 END;
        current := greatest(current, 0);
        IF outcome = 0 AND current::bigint + events > 2147483647 THEN
            outcome := 7;
        END IF;
        detail := current;
        FOR c IN next_claim + 1 .. next_claim + claimed LOOP
            other := claims[c][1];
            IF outcome = 0 AND (versions[other] < -1 OR greatest(versions[other], 0) <> claims[c][2]) THEN
                outcome := 8;
                detail := other;
            END IF;
        END LOOP;
        FOR o IN next_open + 1 .. next_open + opens LOOP
            other := abs(opened_streams[o]);
            IF outcome = 0 AND versions[other] <> -1 THEN
                outcome := 5;
                detail := other;
            END IF;
        END LOOP;
        IF outcome = 0 THEN
            moves := moves OR versions[stream] >= 0 OR claimed > 0;
            begins := begins OR versions[stream] = -1 OR opens > 0 OR claimed > 0;
            first_position := last + 1;
            holders[request_numbers[n][7]] := n;
            firsts[n] := first_position;
            starts[n] := current;
            skips[n] := next_event;
            FOR e IN next_event + 1 .. next_event + events LOOP
                last := last + 1;
                current := current + 1;
                contents[e] := sha256(digests[e] || int4send(current) || now_bytes);
                chain := sha256(chain || int8send(last) || contents[e]);
                hashes[e] := chain;
            END LOOP;
            versions[stream] := current;
            lasts[stream] := last;
            FOR o IN next_open + 1 .. next_open + opens LOOP
                other := opened_streams[o];
                CONTINUE WHEN other < 0;
                versions[other] := 0;
                lasts[other] := last;
            END LOOP;
            FOR c IN next_claim + 1 .. next_claim + claimed LOOP
                other := claims[c][1];
                versions[other] := claims[c][2] + 1;
                lasts[other] := last;
            END LOOP;
            last_position := last;
            version := current;
            recorded_at := now_;
            hash := chain;
        ELSIF holder IS NOT NULL THEN
            events := request_numbers[holder][3];
            first_position := firsts[holder];
            last_position := firsts[holder] + events - 1;
            version := starts[holder] + events;
            recorded_at := now_;
            hash := hashes[skips[holder] + events];
            events := request_numbers[n][3];
        ELSE
            earlier := found[n];
            first_position := earlier.first_position;
            last_position := earlier.last_position;
            version := earlier.version;
            recorded_at := earlier.recorded_at;
            hash := (SELECT e.hash FROM modelbox.events AS e WHERE e.position = earlier.last_position);
        END IF;
        RETURN NEXT;
        next_event := next_event + events;
        next_open := next_open + opens;
        next_claim := next_claim + claimed;
    END LOOP;

    IF last = head THEN
        RETURN;
    END IF;
    INSERT INTO modelbox.events (
        position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at, occurred_at,
        actor, auth_type, correlation_id, causation_id, trace, codec, data, meta, salt, digest_version,
        content_hash, hash)
    SELECT firsts[r] + e - skips[r] - 1, stream_namespaces[s], stream_types[s], stream_ids[s], starts[r] + e - skips[r],
           event_ids[e], event_types[e], event_numbers[e][2], now_, occurred[r],
           actors[r], request_numbers[r][6], correlations[r], causations[r], traces[r], 1, event_datas[e], metas[r],
           substr(event_salts, 16 * e - 15, 16), append_requests.digest_version, contents[e], hashes[e]
    FROM generate_series(1, cardinality(event_ids)) AS e,
         LATERAL (SELECT event_numbers[e][1], request_numbers[event_numbers[e][1]][1]) AS of_event (r, s)
    WHERE firsts[r] IS NOT NULL;

    IF moves THEN
        UPDATE modelbox.streams AS s
        SET version = versions[n], version_block = versions[n] / versions_a_block, last_position = lasts[n]
        FROM generate_series(1, cardinality(stream_ids)) AS n
        WHERE lasts[n] IS NOT NULL AND s.ctid = places[n];
        GET DIAGNOSTICS updated = ROW_COUNT;
    END IF;
    IF begins THEN
        INSERT INTO modelbox.streams (id, namespace, type, version, version_block, last_position)
        SELECT stream_ids[n], stream_namespaces[n], stream_types[n], versions[n], versions[n] / versions_a_block,
               lasts[n]
        FROM generate_series(1, cardinality(stream_ids)) AS n
        WHERE lasts[n] IS NOT NULL AND before[n] = -1;
        GET DIAGNOSTICS inserted = ROW_COUNT;
    END IF;
    IF updated + inserted <> cardinality(array_remove(lasts, NULL)) THEN
        -- Judged on what is no more: the whole is to be sent again, and looked up anew.
        RAISE EXCEPTION 'a stream was changed by a session that did not hold the head'
            USING ERRCODE = '40001', HINT = 'Lock modelbox.log_head before a change of modelbox.streams.';
    END IF;

    IF portion % 2 = 0 THEN
        INSERT INTO modelbox.idempotency_0
        SELECT actors[n], keys[n], substr(request_hashes, 32 * n - 31, 32), firsts[n], firsts[n] + request_numbers[n][3] - 1,
               starts[n] + request_numbers[n][3], now_
        FROM generate_series(1, requests) AS n WHERE firsts[n] IS NOT NULL;
    ELSE
        INSERT INTO modelbox.idempotency_1
        SELECT actors[n], keys[n], substr(request_hashes, 32 * n - 31, 32), firsts[n], firsts[n] + request_numbers[n][3] - 1,
               starts[n] + request_numbers[n][3], now_
        FROM generate_series(1, requests) AS n WHERE firsts[n] IS NOT NULL;
    END IF;

    UPDATE modelbox.log_head AS h SET position = last, hash = chain, recorded_at = now_ WHERE h.position = head;
END $$;

CREATE FUNCTION modelbox.end_rehearsal(requests bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'appends were rehearsed, % of them: nothing is recorded', requests USING ERRCODE = '55MB2';
END $$;

CREATE FUNCTION modelbox.ensure_event_partitions(ahead integer, partition_rows bigint) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'modelbox'
    AS $$
DECLARE
    next_position bigint;
    last_to       bigint;
    empty         integer;
    created       integer := 0;
    name          text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('modelbox.ensure_event_partitions'));
    SELECT position + 1 INTO next_position FROM log_head;
    SELECT coalesce(max(to_position), 1), count(*) FILTER (WHERE from_position > next_position)
        INTO last_to, empty FROM event_partitions;
    WHILE empty < ahead OR last_to <= next_position LOOP
        name := 'events_' || to_char(last_to, 'FM000000000000000');
        EXECUTE format('CREATE TABLE modelbox.%I (LIKE modelbox.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', name);
        EXECUTE format('CREATE TRIGGER refuse_update_or_delete BEFORE UPDATE OR DELETE ON modelbox.%I FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change()', name);
        EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON modelbox.%I FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change()', name);
        EXECUTE format('ALTER TABLE modelbox.%I ENABLE ALWAYS TRIGGER refuse_update_or_delete, ENABLE ALWAYS TRIGGER refuse_truncate', name);
        EXECUTE format('CREATE UNIQUE INDEX ON modelbox.%I (stream_id, version)', name);
        EXECUTE format('CREATE UNIQUE INDEX ON modelbox.%I (event_id)', name);
        EXECUTE format('ALTER TABLE modelbox.events ATTACH PARTITION modelbox.%I FOR VALUES FROM (%s) TO (%s)', name, last_to, last_to + partition_rows);
        INSERT INTO event_partitions VALUES (name, last_to, last_to + partition_rows);
        IF last_to > next_position THEN
            empty := empty + 1;
        END IF;
        last_to := last_to + partition_rows;
        created := created + 1;
    END LOOP;
    RETURN created;
END $$;

CREATE FUNCTION modelbox.forget_old_keys(keep_s double precision, interval_s double precision) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'modelbox'
    AS $$
DECLARE
    clock  modelbox.keys_clock%ROWTYPE;
    passed double precision;
    head   modelbox.log_head%ROWTYPE;
BEGIN
    SELECT * INTO clock FROM keys_clock FOR UPDATE SKIP LOCKED;
    passed := extract(epoch FROM clock_timestamp() - clock.ticked_at);
    IF clock IS NULL OR passed BETWEEN 0 AND interval_s / 2 THEN
        RETURN false;
    END IF;
    clock.ran_s := clock.ran_s + least(greatest(passed, 0), interval_s);
    IF clock.ran_s < keep_s THEN
        UPDATE keys_clock SET ran_s = clock.ran_s, ticked_at = clock_timestamp();
        RETURN false;
    END IF;
    -- The head first, as an append locks it. Whoever reads the keys at this moment (a backup does for long) is not
    -- waited for, since every append would wait too: the next call tries again.
    SELECT * INTO head FROM log_head ORDER BY position DESC LIMIT 1 FOR UPDATE;
    IF head.keys_portion % 2 = 0 THEN
        LOCK TABLE idempotency_1 IN ACCESS EXCLUSIVE MODE NOWAIT;
        TRUNCATE idempotency_1;
    ELSE
        LOCK TABLE idempotency_0 IN ACCESS EXCLUSIVE MODE NOWAIT;
        TRUNCATE idempotency_0;
    END IF;
    UPDATE log_head SET keys_portion = head.keys_portion + 1;
    UPDATE keys_clock SET ran_s = 0, ticked_at = clock_timestamp();
    RETURN true;
END $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE modelbox.log_head (
    id smallint NOT NULL,
    log_id uuid NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    genesis uuid NOT NULL,
    format_level smallint DEFAULT 1 NOT NULL,
    keys_portion integer DEFAULT 0 NOT NULL,
    CONSTRAINT log_head_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT log_head_id_check CHECK ((id = 1)),
    CONSTRAINT log_head_position_check CHECK (("position" >= 0))
)
WITH (fillfactor='10');

CREATE FUNCTION modelbox.head() RETURNS SETOF modelbox.log_head
    LANGUAGE plpgsql STABLE
    SET enable_seqscan TO 'off'
    AS $$
BEGIN
    RETURN QUERY SELECT * FROM modelbox.log_head ORDER BY position DESC LIMIT 1;
END $$;

CREATE FUNCTION modelbox.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Record what changed as a new event.';
END $$;

CREATE TABLE modelbox.clock_spans (
    begins_after bigint NOT NULL,
    CONSTRAINT clock_spans_begins_after_check CHECK ((begins_after >= 0))
);

CREATE TABLE modelbox.epochs (
    number integer NOT NULL,
    log_id uuid NOT NULL,
    begins_after bigint NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    CONSTRAINT epochs_begins_after_check CHECK ((begins_after >= 0)),
    CONSTRAINT epochs_number_check CHECK ((number >= 0))
);

CREATE TABLE modelbox.event_partitions (
    name text NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint NOT NULL,
    CONSTRAINT event_partitions_check CHECK ((to_position > from_position))
);

CREATE TABLE modelbox.events (
    "position" bigint NOT NULL,
    namespace text NOT NULL,
    stream_type text NOT NULL,
    stream_id uuid NOT NULL,
    version integer NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    schema_version smallint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    occurred_at timestamp with time zone,
    actor text NOT NULL,
    auth_type smallint NOT NULL,
    correlation_id uuid,
    causation_id uuid,
    trace bytea,
    codec smallint NOT NULL,
    data bytea,
    data_ref text,
    data_sha256 bytea,
    meta bytea NOT NULL,
    key_id uuid,
    salt bytea,
    content_hash bytea NOT NULL,
    hash bytea NOT NULL,
    digest_version smallint DEFAULT 1 NOT NULL,
    data_hash bytea,
    redacted_by bigint,
    CONSTRAINT events_version_check CHECK ((version > 0))
)
PARTITION BY RANGE ("position");
ALTER TABLE ONLY modelbox.events ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE modelbox.idempotency_0 (
    actor text CONSTRAINT idempotency_actor_not_null NOT NULL,
    key text CONSTRAINT idempotency_key_not_null NOT NULL,
    request_hash bytea CONSTRAINT idempotency_request_hash_not_null NOT NULL,
    first_position bigint CONSTRAINT idempotency_first_position_not_null NOT NULL,
    last_position bigint CONSTRAINT idempotency_last_position_not_null NOT NULL,
    version integer CONSTRAINT idempotency_version_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT idempotency_recorded_at_not_null NOT NULL
);

CREATE TABLE modelbox.idempotency_1 (
    actor text CONSTRAINT idempotency_actor_not_null NOT NULL,
    key text CONSTRAINT idempotency_key_not_null NOT NULL,
    request_hash bytea CONSTRAINT idempotency_request_hash_not_null NOT NULL,
    first_position bigint CONSTRAINT idempotency_first_position_not_null NOT NULL,
    last_position bigint CONSTRAINT idempotency_last_position_not_null NOT NULL,
    version integer CONSTRAINT idempotency_version_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT idempotency_recorded_at_not_null NOT NULL
);

CREATE VIEW modelbox.idempotency AS
 SELECT idempotency_0.actor,
    idempotency_0.key,
    idempotency_0.request_hash,
    idempotency_0.first_position,
    idempotency_0.last_position,
    idempotency_0.version,
    idempotency_0.recorded_at
   FROM modelbox.idempotency_0
UNION ALL
 SELECT idempotency_1.actor,
    idempotency_1.key,
    idempotency_1.request_hash,
    idempotency_1.first_position,
    idempotency_1.last_position,
    idempotency_1.version,
    idempotency_1.recorded_at
   FROM modelbox.idempotency_1;

CREATE TABLE modelbox.keys_clock (
    ran_s double precision NOT NULL,
    ticked_at timestamp with time zone NOT NULL
);

CREATE TABLE modelbox.streams (
    id uuid NOT NULL,
    namespace text NOT NULL,
    type text NOT NULL,
    version integer NOT NULL,
    last_position bigint NOT NULL,
    closed_at timestamp with time zone,
    version_block integer DEFAULT 0 NOT NULL,
    CONSTRAINT streams_version_check CHECK ((version >= 0))
)
WITH (fillfactor='80');

ALTER TABLE ONLY modelbox.clock_spans
    ADD CONSTRAINT clock_spans_pkey PRIMARY KEY (begins_after);

ALTER TABLE ONLY modelbox.epochs
    ADD CONSTRAINT epochs_log_id_key UNIQUE (log_id);

ALTER TABLE ONLY modelbox.epochs
    ADD CONSTRAINT epochs_pkey PRIMARY KEY (number);

ALTER TABLE ONLY modelbox.event_partitions
    ADD CONSTRAINT event_partitions_from_position_key UNIQUE (from_position);

ALTER TABLE ONLY modelbox.event_partitions
    ADD CONSTRAINT event_partitions_pkey PRIMARY KEY (name);

ALTER TABLE ONLY modelbox.event_partitions
    ADD CONSTRAINT event_partitions_to_position_key UNIQUE (to_position);

ALTER TABLE ONLY modelbox.events
    ADD CONSTRAINT events_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY modelbox.idempotency_0
    ADD CONSTRAINT idempotency_0_pkey PRIMARY KEY (actor, key);

ALTER TABLE ONLY modelbox.idempotency_1
    ADD CONSTRAINT idempotency_1_pkey PRIMARY KEY (actor, key);

CREATE INDEX events_correlation ON ONLY modelbox.events USING btree (correlation_id) WHERE (correlation_id IS NOT NULL);

CREATE INDEX events_few ON ONLY modelbox.events USING btree (stream_id, type, version) WHERE ((version > 100) AND (type <> ALL (ARRAY['MetricsLogged'::text, 'EventLogged'::text])));

CREATE INDEX events_namespace ON ONLY modelbox.events USING btree (namespace, type, "position");

CREATE INDEX events_recorded ON ONLY modelbox.events USING brin (recorded_at);

CREATE INDEX log_head_position ON modelbox.log_head USING btree ("position");

CREATE UNIQUE INDEX streams_block ON modelbox.streams USING btree (id, version_block);

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON modelbox.events FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change();

ALTER TABLE modelbox.events ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER refuse_update_or_delete BEFORE DELETE OR UPDATE ON modelbox.events FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change();

ALTER TABLE modelbox.events ENABLE ALWAYS TRIGGER refuse_update_or_delete;

GRANT USAGE ON SCHEMA modelbox TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.append(stream_ids uuid[], stream_types text[], stream_namespaces text[], key_actors text[], key_texts text[], context_actors text[], context_auth_types smallint[], context_occurred timestamp with time zone[], context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[], request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[], request_events integer[], request_opens integer[], request_hashes bytea[], opened_streams integer[], event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[], event_digests bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION modelbox.append(stream_ids uuid[], stream_types text[], stream_namespaces text[], key_actors text[], key_texts text[], context_actors text[], context_auth_types smallint[], context_occurred timestamp with time zone[], context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[], request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[], request_events integer[], request_opens integer[], request_hashes bytea[], opened_streams integer[], event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[], event_digests bytea[]) TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.append_batch(reads_level smallint, digest_version smallint, stream_ids uuid[], stream_types text[], stream_namespaces text[], key_actors text[], key_texts text[], context_actors text[], context_auth_types smallint[], context_occurred timestamp with time zone[], context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[], request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[], request_events integer[], request_opens integer[], request_claims integer[], request_hashes bytea[], opened_streams integer[], claimed_streams integer[], claimed_versions integer[], event_streams integer[], event_contexts integer[], event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION modelbox.append_batch(reads_level smallint, digest_version smallint, stream_ids uuid[], stream_types text[], stream_namespaces text[], key_actors text[], key_texts text[], context_actors text[], context_auth_types smallint[], context_occurred timestamp with time zone[], context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[], request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[], request_events integer[], request_opens integer[], request_claims integer[], request_hashes bytea[], opened_streams integer[], claimed_streams integer[], claimed_versions integer[], event_streams integer[], event_contexts integer[], event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[]) TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.append_requests(reads_level smallint, digest_version smallint, stream_ids uuid[], stream_types text[], stream_namespaces text[], request_numbers integer[], request_hashes bytea, keys text[], actors text[], occurred timestamp with time zone[], correlations uuid[], causations uuid[], traces bytea[], metas bytea[], opened_streams integer[], claims integer[], event_numbers integer[], event_ids uuid[], event_types text[], event_datas bytea[], event_salts bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION modelbox.append_requests(reads_level smallint, digest_version smallint, stream_ids uuid[], stream_types text[], stream_namespaces text[], request_numbers integer[], request_hashes bytea, keys text[], actors text[], occurred timestamp with time zone[], correlations uuid[], causations uuid[], traces bytea[], metas bytea[], opened_streams integer[], claims integer[], event_numbers integer[], event_ids uuid[], event_types text[], event_datas bytea[], event_salts bytea) TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.end_rehearsal(requests bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION modelbox.end_rehearsal(requests bigint) TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.ensure_event_partitions(ahead integer, partition_rows bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION modelbox.ensure_event_partitions(ahead integer, partition_rows bigint) TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.forget_old_keys(keep_s double precision, interval_s double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION modelbox.forget_old_keys(keep_s double precision, interval_s double precision) TO modelbox_service;

GRANT SELECT ON TABLE modelbox.log_head TO modelbox_service;

GRANT UPDATE("position") ON TABLE modelbox.log_head TO modelbox_service;

GRANT UPDATE(hash) ON TABLE modelbox.log_head TO modelbox_service;

GRANT UPDATE(recorded_at) ON TABLE modelbox.log_head TO modelbox_service;

GRANT UPDATE(format_level) ON TABLE modelbox.log_head TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.head() FROM PUBLIC;
GRANT ALL ON FUNCTION modelbox.head() TO modelbox_service;

GRANT SELECT ON TABLE modelbox.clock_spans TO modelbox_service;

GRANT SELECT ON TABLE modelbox.epochs TO modelbox_service;

GRANT SELECT ON TABLE modelbox.event_partitions TO modelbox_service;

GRANT SELECT,INSERT ON TABLE modelbox.events TO modelbox_service;

GRANT SELECT,INSERT ON TABLE modelbox.idempotency_0 TO modelbox_service;

GRANT SELECT,INSERT ON TABLE modelbox.idempotency_1 TO modelbox_service;

GRANT SELECT ON TABLE modelbox.idempotency TO modelbox_service;

GRANT SELECT,INSERT,UPDATE ON TABLE modelbox.streams TO modelbox_service;

-- What migrations and functions of modelbox_events make. Written by `make schema`; to read, never applied.


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

CREATE FUNCTION modelbox.append_requests(reads_level smallint, digest_version smallint, stream_ids uuid[], stream_types text[], stream_namespaces text[], request_numbers integer[], request_hashes bytea, keys text[], actors text[], occurred timestamp with time zone[], correlations uuid[], causations uuid[], traces bytea[], metas bytea[], opened_streams integer[], claims integer[], event_numbers integer[], event_ids uuid[], event_types text[], event_datas bytea[], event_salts bytea) RETURNS TABLE(outcome smallint, detail integer, first_position bigint, last_position bigint, version integer, recorded_at timestamp with time zone, hash bytea, log_id uuid, format_level smallint)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    recorded         CONSTANT smallint := 0;
    duplicate        CONSTANT smallint := 1;
    wrong_version    CONSTANT smallint := 2;
    stream_not_found CONSTANT smallint := 3;
    stream_closed    CONSTANT smallint := 4;
    opened_exists    CONSTANT smallint := 5;
    key_reused       CONSTANT smallint := 6;
    version_overflow CONSTANT smallint := 7;
    claim_lost       CONSTANT smallint := 8;
    -- What a request may expect beside a version, and what a stream is that has none that counts.
    no_stream        CONSTANT integer := -1;
    stream_exists    CONSTANT integer := -2;
    any_version      CONSTANT integer := -3;
    of_another_name  CONSTANT integer := -2;
    closed           CONSTANT integer := -3;
    requests         CONSTANT integer := cardinality(keys);

    contents    bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(event_ids)]);  -- per event: first its digest
    hashes      bytea[] := contents;
    head        bigint;      -- where the log ended before,
    head_place  tid;         -- where its row is,
    last        bigint;      -- and where it ends with what this batch records
    chain       bytea;
    portion     integer;
    now_        timestamptz;
    now_bytes   bytea;
    found       integer[];   -- per stream: its version, or what it is,
    places      tid[];       -- where its row is,
    versions    integer[];   -- and its version with what this batch records
    lasts       bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(stream_ids)]);  -- what it wrote there last
    known       modelbox.idempotency[];  -- per request: what its key stands for
    firsts      bigint[] := array_fill(NULL::bigint, ARRAY[requests]);    -- per request that it records: its first
    starts      integer[] := array_fill(NULL::integer, ARRAY[requests]);  -- position, its stream's version before,
    skips       integer[] := starts;                                      -- and how many events stand before its own
    request     integer;
    stream      integer;
BEGIN
    <<digest>>
    FOR e IN 1 .. cardinality(event_ids) LOOP
        request := event_numbers[e][1 /* its_request */];
        stream := request_numbers[request][1 /* its_stream */];
        IF append_requests.digest_version = 2 /* salted */ THEN
            contents[e] := sha256(record_send(ROW(
                2::smallint /* salted */, stream_namespaces[stream], stream_types[stream], stream_ids[stream],
                occurred[request], actors[request], request_numbers[request][6 /* its_auth_type */]::smallint,
                correlations[request], causations[request], traces[request], metas[request],
                event_ids[e], event_types[e], event_numbers[e][2 /* its_schema_version */]::smallint,
                coalesce(event_numbers[e][3 /* its_codec */], 1 /* as_json */)::smallint,
                sha256(substr(event_salts, 16 /* salt_bytes */ * (e - 1) + 1, 16 /* salt_bytes */) || event_datas[e]),
                NULL::text, NULL::bytea, NULL::uuid)));
        ELSE
            contents[e] := sha256(record_send(ROW(
                stream_namespaces[stream], stream_types[stream], stream_ids[stream],
                occurred[request], actors[request], request_numbers[request][6 /* its_auth_type */]::smallint,
                correlations[request], causations[request], traces[request], metas[request],
                event_ids[e], event_types[e], event_numbers[e][2 /* its_schema_version */]::smallint,
                coalesce(event_numbers[e][3 /* its_codec */], 1 /* as_json */)::smallint,
                event_datas[e], NULL::text, NULL::bytea, NULL::uuid, NULL::bytea)));
        END IF;
    END LOOP digest;

    SELECT h.position, h.ctid, h.hash, h.log_id, h.format_level, h.keys_portion, h.recorded_at
        INTO head, head_place, chain, log_id, format_level, portion, now_
        FROM modelbox.log_head AS h ORDER BY h.position DESC LIMIT 1 FOR UPDATE;
    IF format_level > reads_level OR append_requests.digest_version > format_level
       OR (format_level < 3 /* compressed_level */ AND 1 /* as_json */ <> ANY (event_numbers[:][3:3 /* its_codec */]))
    THEN
        RAISE EXCEPTION 'the log has format level %, this process reads % and sent what a log of another level takes',
            format_level, reads_level
            USING ERRCODE = '55MB1', HINT = 'Use a newer version of ModelBox.';
    END IF;
    last := head;
    now_ := greatest(clock_timestamp(), now_);
    now_bytes := timestamptz_send(now_);

    SELECT array_agg(CASE WHEN s.version IS NULL THEN no_stream
                          WHEN s.namespace <> stream_namespaces[n] OR s.type <> stream_types[n] THEN of_another_name
                          WHEN s.closed_at IS NOT NULL THEN closed
                          ELSE s.version END ORDER BY n),
           array_agg(s.place ORDER BY n),
           ARRAY(
               SELECT (SELECT i FROM modelbox.idempotency AS i WHERE i.actor = actors[r] AND i.key = keys[r] LIMIT 1)
               FROM generate_series(1, requests) AS r)
        INTO found, places, known
        FROM generate_series(1, cardinality(stream_ids)) AS n
        LEFT JOIN LATERAL (
            SELECT s.*, s.ctid AS place FROM modelbox.streams AS s
            WHERE s.id = stream_ids[n] ORDER BY s.version_block DESC LIMIT 1
        ) AS s ON true;
    versions := found;

    -- Each on what those before it do: `versions` and `holders` are as they leave them.
    <<judge>>
    DECLARE
        holders     integer[] := starts;  -- per first request with a key: the one that is recorded under it
        holder      integer;
        earlier     modelbox.idempotency;
        expected    integer;
        current     integer;
        events      integer;
        others      integer;  -- how many streams beside its own a request names
        other       integer;
        next_event  integer := 0;
        next_open   integer := 0;
        next_claim  integer := 0;
    BEGIN
        FOR n IN 1 .. requests LOOP
            stream := request_numbers[n][1 /* its_stream */];
            expected := request_numbers[n][2 /* its_expected */];
            events := request_numbers[n][3 /* its_events */];
            others := request_numbers[n][4 /* its_opened */] + request_numbers[n][5 /* its_claims */];
            holder := holders[request_numbers[n][7 /* its_key */]];
            current := versions[stream];
            outcome := CASE
                WHEN holder IS NOT NULL THEN
                    CASE WHEN substr(request_hashes, 32 /* hash_bytes */ * (holder - 1) + 1, 32 /* hash_bytes */)
                              = substr(request_hashes, 32 /* hash_bytes */ * (n - 1) + 1, 32 /* hash_bytes */)
                         THEN duplicate ELSE key_reused END
                WHEN (known[n]).key IS NOT NULL THEN
                    CASE WHEN (known[n]).request_hash
                              = substr(request_hashes, 32 /* hash_bytes */ * (n - 1) + 1, 32 /* hash_bytes */)
                         THEN duplicate ELSE key_reused END
                WHEN current = of_another_name THEN stream_not_found
                WHEN current = closed THEN stream_closed
                WHEN expected = stream_exists AND current = no_stream THEN stream_not_found
                WHEN expected <> current AND expected <> any_version AND expected <> stream_exists THEN wrong_version
                WHEN current > 2147483647 /* version_max */ - events THEN version_overflow
                ELSE recorded END;
            current := greatest(current, 0);
            detail := current;
            IF others > 0 THEN
                FOR c IN next_claim + 1 .. next_claim + request_numbers[n][5 /* its_claims */] LOOP
                    other := claims[c][1 /* its_stream */];
                    IF outcome = recorded AND (
                        versions[other] < no_stream OR greatest(versions[other], 0) <> claims[c][2 /* its_version */]
                    ) THEN
                        outcome := claim_lost;
                        detail := other;
                    END IF;
                END LOOP;
                FOR o IN next_open + 1 .. next_open + request_numbers[n][4 /* its_opened */] LOOP
                    other := abs(opened_streams[o]);
                    IF outcome = recorded AND versions[other] <> no_stream THEN
                        outcome := opened_exists;
                        detail := other;
                    END IF;
                END LOOP;
            END IF;

            IF outcome = recorded THEN
                first_position := last + 1;
                holders[request_numbers[n][7 /* its_key */]] := n;
                firsts[n] := first_position;
                starts[n] := current;
                skips[n] := next_event;
                FOR e IN next_event + 1 .. next_event + events LOOP
                    last := last + 1;
                    current := current + 1;
                    contents[e] := sha256(contents[e] || int4send(current) || now_bytes);
                    chain := sha256(chain || int8send(last) || contents[e]);
                    hashes[e] := chain;
                END LOOP;
                versions[stream] := current;
                lasts[stream] := last;
                IF others > 0 THEN
                    FOR o IN next_open + 1 .. next_open + request_numbers[n][4 /* its_opened */] LOOP
                        other := opened_streams[o];
                        CONTINUE WHEN other < 0;
                        versions[other] := 0;
                        lasts[other] := last;
                    END LOOP;
                    FOR c IN next_claim + 1 .. next_claim + request_numbers[n][5 /* its_claims */] LOOP
                        other := claims[c][1 /* its_stream */];
                        versions[other] := claims[c][2 /* its_version */] + 1;
                        lasts[other] := last;
                    END LOOP;
                END IF;
                last_position := last;
                version := current;
                recorded_at := now_;
                hash := chain;
            ELSIF holder IS NOT NULL THEN
                first_position := firsts[holder];
                last_position := firsts[holder] + request_numbers[holder][3 /* its_events */] - 1;
                version := starts[holder] + request_numbers[holder][3 /* its_events */];
                recorded_at := now_;
                hash := hashes[skips[holder] + request_numbers[holder][3 /* its_events */]];
            ELSE
                earlier := known[n];
                first_position := earlier.first_position;
                last_position := earlier.last_position;
                version := earlier.version;
                recorded_at := earlier.recorded_at;
                hash := (SELECT e.hash FROM modelbox.events AS e WHERE e.position = earlier.last_position);
            END IF;
            RETURN NEXT;
            next_event := next_event + events;
            IF others > 0 THEN
                next_open := next_open + request_numbers[n][4 /* its_opened */];
                next_claim := next_claim + request_numbers[n][5 /* its_claims */];
            END IF;
        END LOOP;
    END judge;

    IF last = head THEN
        RETURN;
    END IF;

    <<record>>
    DECLARE
        versions_a_block CONSTANT integer := 64;
        updated          integer := 0;
        inserted         integer := 0;
    BEGIN
        INSERT INTO modelbox.events (
            position, namespace, stream_type, stream_id, version, event_id, type, schema_version, recorded_at,
            occurred_at, actor, auth_type, correlation_id, causation_id, trace, codec, data, meta, salt,
            digest_version, content_hash, hash)
        SELECT firsts[r] + e - skips[r] - 1, stream_namespaces[s], stream_types[s], stream_ids[s],
               starts[r] + (e - skips[r]), event_ids[e], event_types[e], event_numbers[e][2 /* its_schema_version */], now_,
               occurred[r], actors[r], request_numbers[r][6 /* its_auth_type */], correlations[r], causations[r],
               traces[r], coalesce(event_numbers[e][3 /* its_codec */], 1 /* as_json */), event_datas[e], metas[r],
               substr(event_salts, 16 /* salt_bytes */ * (e - 1) + 1, 16 /* salt_bytes */),
               append_requests.digest_version, contents[e], hashes[e]
        FROM generate_series(1, cardinality(event_ids)) AS e,
             LATERAL (
                 SELECT event_numbers[e][1 /* its_request */],
                        request_numbers[event_numbers[e][1 /* its_request */]][1 /* its_stream */]
             ) AS of_event (r, s)
        WHERE firsts[r] IS NOT NULL;

        IF 0 <= ANY (found) THEN
            UPDATE modelbox.streams AS s
            SET version = versions[n], version_block = versions[n] / versions_a_block, last_position = lasts[n]
            FROM generate_series(1, cardinality(stream_ids)) AS n
            WHERE lasts[n] IS NOT NULL AND s.ctid = places[n];
            GET DIAGNOSTICS updated = ROW_COUNT;
        END IF;
        IF no_stream = ANY (found) THEN
            INSERT INTO modelbox.streams (id, namespace, type, version, version_block, last_position)
            SELECT stream_ids[n], stream_namespaces[n], stream_types[n], versions[n], versions[n] / versions_a_block,
                   lasts[n]
            FROM generate_series(1, cardinality(stream_ids)) AS n
            WHERE lasts[n] IS NOT NULL AND found[n] = no_stream;
            GET DIAGNOSTICS inserted = ROW_COUNT;
        END IF;
        IF updated + inserted <> cardinality(array_remove(lasts, NULL)) THEN
            -- Judged on what is no more: the whole is to be sent again, and looked up anew.
            RAISE EXCEPTION 'a stream was changed by a session that did not hold the head'
                USING ERRCODE = '40001', HINT = 'Lock modelbox.log_head before a change of modelbox.streams.';
        END IF;

        IF portion % 2 = 0 THEN
            INSERT INTO modelbox.idempotency_0
            SELECT actors[n], keys[n], substr(request_hashes, 32 /* hash_bytes */ * (n - 1) + 1, 32 /* hash_bytes */),
                   firsts[n], firsts[n] + request_numbers[n][3 /* its_events */] - 1,
                   starts[n] + request_numbers[n][3 /* its_events */], now_
            FROM generate_series(1, requests) AS n WHERE firsts[n] IS NOT NULL;
        ELSE
            INSERT INTO modelbox.idempotency_1
            SELECT actors[n], keys[n], substr(request_hashes, 32 /* hash_bytes */ * (n - 1) + 1, 32 /* hash_bytes */),
                   firsts[n], firsts[n] + request_numbers[n][3 /* its_events */] - 1,
                   starts[n] + request_numbers[n][3 /* its_events */], now_
            FROM generate_series(1, requests) AS n WHERE firsts[n] IS NOT NULL;
        END IF;

        UPDATE modelbox.log_head AS h SET position = last, hash = chain, recorded_at = now_ WHERE h.ctid = head_place;
    END record;
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

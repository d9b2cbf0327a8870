-- Rows that are updated often are found by what grows, digests are made by the database, and keys are kept by portion.
--
-- One file, so one transaction: a process of the version before, which may be running, never sees half of it.

-- A row that is found by its id and updated often costs a reader every version that an old snapshot still holds.
-- By its position, descending, the newest version comes first, whoever holds what.
ALTER TABLE modelbox.log_head DROP CONSTRAINT log_head_pkey;
CREATE INDEX log_head_position ON modelbox.log_head (position);

-- genesis      what the chain begins with; it never changes. log_id is the epoch, which a fork replaces.
-- format_level the highest format that the log may hold; it rises when every process that lives reads the next.
-- keys_portion which portion of the idempotency keys takes the next one.
ALTER TABLE modelbox.log_head
    ADD COLUMN genesis      uuid,
    ADD COLUMN format_level smallint NOT NULL DEFAULT 1,
    ADD COLUMN keys_portion integer NOT NULL DEFAULT 0;
UPDATE modelbox.log_head SET genesis = log_id;
-- Nobody of an older version has read an empty log.
UPDATE modelbox.log_head SET format_level = 2 WHERE position = 0;
ALTER TABLE modelbox.log_head ALTER COLUMN genesis SET NOT NULL;

-- The head as it is now. The setting is the function's own: a plan made while the table was small would scan it for ever.
CREATE FUNCTION modelbox.head() RETURNS SETOF modelbox.log_head
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY SELECT * FROM modelbox.log_head ORDER BY position DESC LIMIT 1;
END $$;

ALTER TABLE modelbox.streams DROP CONSTRAINT streams_pkey;
CREATE UNIQUE INDEX streams_version ON modelbox.streams (id, version);

-- How a row's digest is made: 1 covers the data itself, 2 a salted hash of it, so that data can go and all else still
-- verifies. `data_hash` stands in for data and salt where they went; `redacted_by` is the event that says so.
ALTER TABLE modelbox.events
    ADD COLUMN digest_version smallint NOT NULL DEFAULT 1,
    ADD COLUMN data_hash bytea,
    ADD COLUMN redacted_by bigint;

-- Keys stand in two portions, used by turns. The one that is not written is emptied as a whole when its time is over:
-- no row is looked at. Two, because each key is looked for in every portion.
ALTER TABLE modelbox.idempotency RENAME TO idempotency_0;
ALTER INDEX modelbox.idempotency_pkey RENAME TO idempotency_0_pkey;
DROP INDEX modelbox.idempotency_recorded;
CREATE TABLE modelbox.idempotency_1 (LIKE modelbox.idempotency_0 INCLUDING ALL);
CREATE VIEW modelbox.idempotency AS
    SELECT * FROM modelbox.idempotency_0 UNION ALL SELECT * FROM modelbox.idempotency_1;
REVOKE DELETE ON modelbox.idempotency_0 FROM modelbox_service;
GRANT SELECT, INSERT ON modelbox.idempotency_0, modelbox.idempotency_1 TO modelbox_service;
GRANT SELECT ON modelbox.idempotency TO modelbox_service;

-- How long the service has run since the portion was begun, in seconds: what a clock says once never counts for more
-- than one interval, so that a jump of it deletes nothing.
CREATE TABLE modelbox.keys_clock (
    ran_s     double precision NOT NULL,
    ticked_at timestamptz NOT NULL
);
INSERT INTO modelbox.keys_clock VALUES (0, clock_timestamp());

-- Count the time since the last call, at most interval_s of it, and begin the other portion once this one has run for
-- keep_s; returns whether it did. A call within half an interval of another process's counts nothing.
CREATE FUNCTION modelbox.forget_old_keys(keep_s double precision, interval_s double precision) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, modelbox AS $$
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
REVOKE ALL ON FUNCTION modelbox.forget_old_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION modelbox.forget_old_keys TO modelbox_service;

-- Append a batch of requests in one call: digest, lock the head, judge each request alone, record those that hold.
--
-- Digests come before the lock, for they need nothing of it. The lock is a statement of its own. Whatever depends on it
-- stands in a later one: READ COMMITTED takes its snapshot per statement, and one that locked and read together would
-- read stale versions.
--
-- Streams (written, opened or claimed), keys and contexts are the distinct ones of the batch, at most one stream of an
-- id; requests and events refer to them by index from 1. Opened and claimed streams and events stand in request order.
-- A negative opened index is a stream that must not exist and is not opened. A claimed stream must be at the version
-- given (0: it may be absent) and moves to the next. Data is JSON (codec 1).
-- Outcomes: 0 recorded, 1 duplicate, 2 wrong expected version, 3 stream not found, 4 stream closed, 5 stream exists
-- that should not, 6 key used for another request, 7 version overflow, 8 claimed version is another's.
-- `hash` is the chain's at last_position. A log whose format level is above reads_level, or below digest_version, raises
-- 55MB1.
CREATE FUNCTION modelbox.append_batch(
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

-- What the version before calls. Its own digests are compared before anything is locked: it merged streams of one id,
-- so a batch of it may hold what would never verify. Refused as a whole, it sends each request alone, which is right.
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

-- An append of the version before that waits for the head at this moment would go on with its old text, which this
-- file makes impossible: it would be refused for good. Its connection ends instead, so it is sent again, and then calls
-- the text above. Last, so that no other begins before the commit.
DO $$
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'modelbox append' AND pid <> pg_backend_pid();
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'appends of another account go on with their old text; they may be refused once';
END $$;

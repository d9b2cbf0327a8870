-- Append a batch of requests in one call, in three steps: digest their events, judge each, record those that hold.
--
-- Digests come first, for they need nothing of the head, which is locked then. The lock is a statement of its own.
-- Whatever depends on it stands in a later one: READ COMMITTED takes its snapshot per statement, and one that locked and
-- read together would read stale versions.
--
-- Streams are the distinct ones of the batch (written, opened or claimed), at most one of an id.
-- request_numbers  a row a request: its stream's index from 1, the expected version, how many of the events, of the
--                  opened and of the claimed streams are its own (they stand in request order), its auth_type, and the
--                  first request from 1 that has its key.
-- request_hashes   32 bytes a request.
-- opened_streams   indices; a negative one is a stream that must not exist and is not opened.
-- claims           a row a claimed stream: its index, and the version it must be at (0: it may be absent); it moves to
--                  the next.
-- event_numbers    a row an event: its request's index from 1, its schema_version, its codec (absent: JSON).
-- event_datas      as its codec says; compressed from format level 3 on.
-- event_salts      16 bytes an event; null before digest_version 2.
-- An array that holds nothing but nulls may be null.
--
-- Returns a row a request. `detail` is its stream's version before it, or the index of the other stream that is in the
-- way; positions, version and time are where its key was recorded, now or before; `hash` is the chain's at
-- last_position. A log whose format level is above reads_level, or below what the batch needs, raises 55MB1.
--
-- Each expression of a call costs it up to half a microsecond: so the numbers of rows and sizes have their names beside
-- them, and loops for what most requests have not are passed over as a whole.
CREATE OR REPLACE FUNCTION modelbox.append_requests(
    reads_level smallint, digest_version smallint,
    stream_ids uuid[], stream_types text[], stream_namespaces text[],
    request_numbers integer[], request_hashes bytea, keys text[],
    actors text[], occurred timestamptz[], correlations uuid[], causations uuid[], traces bytea[], metas bytea[],
    opened_streams integer[], claims integer[],
    event_numbers integer[], event_ids uuid[], event_types text[], event_datas bytea[], event_salts bytea
) RETURNS TABLE (outcome smallint, detail integer, first_position bigint, last_position bigint, version integer,
                 recorded_at timestamptz, hash bytea, log_id uuid, format_level smallint)
LANGUAGE plpgsql AS $$
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

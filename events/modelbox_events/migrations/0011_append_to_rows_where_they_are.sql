-- Append only to rows of `streams` that are where they were found; and let a rehearsal end by itself.

-- As in 0010, where the arguments and outcomes are told, but for the rows that it counts. A stream's row is updated where
-- it was found (its ctid). A session that changed it meanwhile without the head's lock, such as an operator's, has moved
-- it: the update passed over it, the append was acknowledged, and every later one to the stream failed.
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

-- Ends a rehearsal: whatever the statement did before is rolled back by Postgres itself, in the same round trip.
CREATE FUNCTION modelbox.end_rehearsal(requests bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'appends were rehearsed, % of them: nothing is recorded', requests USING ERRCODE = '55MB2';
END $$;

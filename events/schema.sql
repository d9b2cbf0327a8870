-- What the migrations in modelbox_events/migrations make. Written by `make schema`; to read, never applied.


CREATE SCHEMA modelbox;

CREATE FUNCTION modelbox.append(stream_ids uuid[], stream_types text[], stream_namespaces text[], key_actors text[], key_texts text[], context_actors text[], context_auth_types smallint[], context_occurred timestamp with time zone[], context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[], request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[], request_events integer[], request_opens integer[], request_hashes bytea[], opened_streams integer[], event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[], event_digests bytea[]) RETURNS TABLE(outcome smallint, detail integer, first_position bigint, last_position bigint, version integer, recorded_at timestamp with time zone)
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION modelbox.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Record what changed as a new event.';
END $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

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
    CONSTRAINT events_version_check CHECK ((version > 0))
)
PARTITION BY RANGE ("position");
ALTER TABLE ONLY modelbox.events ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE modelbox.idempotency (
    actor text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    version integer NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

CREATE TABLE modelbox.log_head (
    id smallint NOT NULL,
    log_id uuid NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT log_head_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT log_head_id_check CHECK ((id = 1)),
    CONSTRAINT log_head_position_check CHECK (("position" >= 0))
)
WITH (fillfactor='10');

CREATE TABLE modelbox.streams (
    id uuid NOT NULL,
    namespace text NOT NULL,
    type text NOT NULL,
    version integer NOT NULL,
    last_position bigint NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT streams_version_check CHECK ((version >= 0))
)
WITH (fillfactor='80');

ALTER TABLE ONLY modelbox.event_partitions
    ADD CONSTRAINT event_partitions_from_position_key UNIQUE (from_position);

ALTER TABLE ONLY modelbox.event_partitions
    ADD CONSTRAINT event_partitions_pkey PRIMARY KEY (name);

ALTER TABLE ONLY modelbox.event_partitions
    ADD CONSTRAINT event_partitions_to_position_key UNIQUE (to_position);

ALTER TABLE ONLY modelbox.events
    ADD CONSTRAINT events_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY modelbox.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (actor, key);

ALTER TABLE ONLY modelbox.log_head
    ADD CONSTRAINT log_head_pkey PRIMARY KEY (id);

ALTER TABLE ONLY modelbox.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (id);

CREATE INDEX events_correlation ON ONLY modelbox.events USING btree (correlation_id) WHERE (correlation_id IS NOT NULL);

CREATE INDEX events_few ON ONLY modelbox.events USING btree (stream_id, type, version) WHERE (type <> ALL (ARRAY['MetricsLogged'::text, 'EventLogged'::text]));

CREATE INDEX events_namespace ON ONLY modelbox.events USING btree (namespace, type, "position");

CREATE INDEX events_recorded ON ONLY modelbox.events USING brin (recorded_at);

CREATE INDEX idempotency_recorded ON modelbox.idempotency USING brin (recorded_at) WITH (pages_per_range='16');

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON modelbox.events FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change();

ALTER TABLE modelbox.events ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TRIGGER refuse_update_or_delete BEFORE DELETE OR UPDATE ON modelbox.events FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change();

ALTER TABLE modelbox.events ENABLE ALWAYS TRIGGER refuse_update_or_delete;

GRANT USAGE ON SCHEMA modelbox TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.append(stream_ids uuid[], stream_types text[], stream_namespaces text[], key_actors text[], key_texts text[], context_actors text[], context_auth_types smallint[], context_occurred timestamp with time zone[], context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[], request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[], request_events integer[], request_opens integer[], request_hashes bytea[], opened_streams integer[], event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[], event_digests bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION modelbox.append(stream_ids uuid[], stream_types text[], stream_namespaces text[], key_actors text[], key_texts text[], context_actors text[], context_auth_types smallint[], context_occurred timestamp with time zone[], context_correlations uuid[], context_causations uuid[], context_traces bytea[], context_metas bytea[], request_streams integer[], request_contexts integer[], request_keys integer[], request_expected integer[], request_events integer[], request_opens integer[], request_hashes bytea[], opened_streams integer[], event_ids uuid[], event_types text[], event_schema_versions smallint[], event_datas bytea[], event_digests bytea[]) TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.ensure_event_partitions(ahead integer, partition_rows bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION modelbox.ensure_event_partitions(ahead integer, partition_rows bigint) TO modelbox_service;

GRANT SELECT ON TABLE modelbox.event_partitions TO modelbox_service;

GRANT SELECT,INSERT ON TABLE modelbox.events TO modelbox_service;

GRANT SELECT,INSERT,DELETE ON TABLE modelbox.idempotency TO modelbox_service;

GRANT SELECT,UPDATE ON TABLE modelbox.log_head TO modelbox_service;

GRANT SELECT,INSERT,UPDATE ON TABLE modelbox.streams TO modelbox_service;

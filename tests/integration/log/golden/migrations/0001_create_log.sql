-- The log: its head, its events, the streams they belong to, and the keys that make an append safe to repeat.

DO $$
BEGIN
    CREATE ROLE modelbox_service NOLOGIN;
EXCEPTION
    -- Roles belong to the whole server; another database of it may create the same one at this moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

DO $$
BEGIN
    EXECUTE format('GRANT modelbox_service TO %I', current_user);
    EXECUTE format('GRANT CREATE ON DATABASE %I TO modelbox_service', current_database());
END $$;

CREATE SCHEMA modelbox;
GRANT USAGE ON SCHEMA modelbox TO modelbox_service;

-- One row. Every batch locks it, so positions have no gaps and commit order is position order.
-- The low fill factor leaves room on the page for the new row versions (HOT updates).
CREATE TABLE modelbox.log_head (
    id          smallint PRIMARY KEY CHECK (id = 1),
    log_id      uuid NOT NULL,
    position    bigint NOT NULL CHECK (position >= 0),
    hash        bytea NOT NULL CHECK (length(hash) = 32),
    recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10);

-- The chain starts from the log's own id, so no event of one log can stand in another.
INSERT INTO modelbox.log_head (id, log_id, position, hash, recorded_at)
SELECT 1, fresh.log_id, 0, sha256(uuid_send(fresh.log_id)), clock_timestamp()
FROM (SELECT gen_random_uuid() AS log_id) AS fresh;

CREATE TABLE modelbox.events (
    position       bigint NOT NULL,
    namespace      text NOT NULL,
    stream_type    text NOT NULL,
    stream_id      uuid NOT NULL,
    version        integer NOT NULL CHECK (version > 0),
    event_id       uuid NOT NULL,
    type           text NOT NULL,
    schema_version smallint NOT NULL,
    recorded_at    timestamptz NOT NULL,
    occurred_at    timestamptz,
    actor          text NOT NULL,
    auth_type      smallint NOT NULL,
    correlation_id uuid,
    causation_id   uuid,
    trace          bytea,
    codec          smallint NOT NULL,
    data           bytea,
    data_ref       text,
    data_sha256    bytea,
    meta           bytea NOT NULL,
    key_id         uuid,
    salt           bytea,
    content_hash   bytea NOT NULL,
    hash           bytea NOT NULL,
    PRIMARY KEY (position)
) PARTITION BY RANGE (position);

-- The bytes are hashed and published as they are; compressing them would cost more than it saves.
ALTER TABLE modelbox.events ALTER COLUMN data SET STORAGE EXTERNAL;

-- Each partition has unique indexes on (stream_id, version) and (event_id) besides: see 0003.
CREATE INDEX events_namespace ON modelbox.events (namespace, type, position);
CREATE INDEX events_correlation ON modelbox.events (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX events_recorded ON modelbox.events USING brin (recorded_at);

-- Every object the log knows. Version 0: opened by an event of its parent, with none of its own yet.
CREATE TABLE modelbox.streams (
    id            uuid PRIMARY KEY,
    namespace     text NOT NULL,
    type          text NOT NULL,
    version       integer NOT NULL CHECK (version >= 0),
    last_position bigint NOT NULL,
    closed_at     timestamptz
) WITH (fillfactor = 80);

-- What each idempotency key recorded. One plain table, not a partition a day: a batch would probe every partition for
-- every key (0.4 ms for eleven of them), half of what an append may take. Old keys are removed in small portions.
CREATE TABLE modelbox.idempotency (
    actor          text NOT NULL,
    key            text NOT NULL,
    request_hash   bytea NOT NULL,
    first_position bigint NOT NULL,
    last_position  bigint NOT NULL,
    version        integer NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_recorded ON modelbox.idempotency USING brin (recorded_at) WITH (pages_per_range = 16);

-- Which positions each partition of `events` holds: [from_position, to_position).
CREATE TABLE modelbox.event_partitions (
    name          text PRIMARY KEY,
    from_position bigint NOT NULL UNIQUE,
    to_position   bigint NOT NULL UNIQUE CHECK (to_position > from_position)
);

GRANT SELECT, UPDATE ON modelbox.log_head TO modelbox_service;
GRANT SELECT, INSERT ON modelbox.events TO modelbox_service;
GRANT SELECT, INSERT, UPDATE ON modelbox.streams TO modelbox_service;
GRANT SELECT, INSERT, DELETE ON modelbox.idempotency TO modelbox_service;
GRANT SELECT ON modelbox.event_partitions TO modelbox_service;

-- What a log went through as a whole: the epochs that forks began, and the spans that corrections of the clock began.

-- The epochs of the log, from its genesis on. An epoch holds the positions after `begins_after`; the one before it ends
-- there. A token of an epoch is valid up to where its epoch ended.
CREATE TABLE modelbox.epochs (
    number       integer PRIMARY KEY CHECK (number >= 0),
    log_id       uuid NOT NULL UNIQUE,
    begins_after bigint NOT NULL CHECK (begins_after >= 0),
    begun_at     timestamptz NOT NULL,
    reason       text NOT NULL
);
INSERT INTO modelbox.epochs (number, log_id, begins_after, begun_at, reason)
SELECT 0, log_id, 0, clock_timestamp(), 'the log was created' FROM modelbox.log_head;

-- Within a span recorded_at never goes back; a span holds the positions after `begins_after`.
CREATE TABLE modelbox.clock_spans (
    begins_after bigint PRIMARY KEY CHECK (begins_after >= 0)
);
INSERT INTO modelbox.clock_spans VALUES (0);

GRANT SELECT ON modelbox.epochs, modelbox.clock_spans TO modelbox_service;

-- Which log this is belongs to the owner; what appends move belongs to the service.
REVOKE UPDATE ON modelbox.log_head FROM modelbox_service;
GRANT UPDATE (position, hash, recorded_at, format_level) ON modelbox.log_head TO modelbox_service;

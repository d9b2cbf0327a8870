-- Signs of life of the process that folds. No event says so, and nothing of it is worth keeping after a crash.

-- The newest row is the leader's: it adds one a second and takes its last one away. Rows are added, never updated, and
-- read from the end of the index: so a snapshot that somebody holds, which keeps old ones in place, slows no reader.
CREATE UNLOGGED TABLE modelbox_views.lead_beats (
    beat       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pid        integer NOT NULL,      -- of the backend that holds the lock of runners
    held_since timestamptz NOT NULL,  -- when it took the lock: a backend that began later is another one
    at         timestamptz NOT NULL
);

GRANT SELECT, INSERT, DELETE ON modelbox_views.lead_beats TO modelbox_service;

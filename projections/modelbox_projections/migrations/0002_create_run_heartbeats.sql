-- When runs were last heard of. No event says so, hence no projection: what is here does not follow from the log.

CREATE TABLE modelbox_views.run_heartbeats (
    run_id uuid PRIMARY KEY,
    at     timestamptz NOT NULL
) WITH (fillfactor = 50);

GRANT SELECT, INSERT, UPDATE ON modelbox_views.run_heartbeats TO modelbox_service;

-- Who uses a client, as the client says. Events name the row alone, by an id that says nothing of the name, so that a
-- name can be erased and the log stays as it is.
CREATE TABLE modelbox_gateway.claimed_users (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

GRANT SELECT, INSERT ON modelbox_gateway.claimed_users TO modelbox_service;

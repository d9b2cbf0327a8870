-- Which gateway processes take calls: each renews its row while it lives, and readers pass over rows that are old.

CREATE SCHEMA modelbox_gateway;
GRANT USAGE ON SCHEMA modelbox_gateway TO modelbox_service;

-- Not logged: after a crash of Postgres every row is written anew within seconds, and nothing else hangs on it.
CREATE UNLOGGED TABLE modelbox_gateway.members (
    id         uuid PRIMARY KEY,
    host_name  text NOT NULL,
    rpc_addr   text NOT NULL,
    http_addr  text NOT NULL,
    renewed_at timestamptz NOT NULL
) WITH (fillfactor = 50);

GRANT SELECT, INSERT, UPDATE, DELETE ON modelbox_gateway.members TO modelbox_service;

-- Which namespaces there are, and how many models each holds.
CREATE TABLE namespaces (
    name             text COLLATE "C" PRIMARY KEY,
    models           bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_position bigint NOT NULL
);

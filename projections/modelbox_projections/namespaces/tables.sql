-- Which namespaces there are.
CREATE TABLE namespaces (
    name             text COLLATE "C" PRIMARY KEY,
    models           bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_position bigint NOT NULL
);

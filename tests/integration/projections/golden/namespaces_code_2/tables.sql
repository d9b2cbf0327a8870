-- Which namespaces there are, and how many objects that are not deleted each holds.
CREATE TABLE namespaces (
    name             text COLLATE "C" PRIMARY KEY,
    models           bigint NOT NULL,
    experiments      bigint NOT NULL,
    datasets         bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_position bigint NOT NULL
);

-- Which namespaces there are, and how many objects that are not deleted each holds.
-- `changed_position` is in the key because it grows: a fold finds the row without passing those that it was before,
-- which a dump or a check may keep in place for hours.
CREATE TABLE namespaces (
    name             text COLLATE "C" NOT NULL,
    models           bigint NOT NULL,
    experiments      bigint NOT NULL,
    datasets         bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_position bigint NOT NULL,
    changed_position bigint NOT NULL,
    PRIMARY KEY (name, changed_position)
);

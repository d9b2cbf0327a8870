-- Which namespaces there are, and how many objects of each kind that are not deleted each holds: a row a namespace and
-- kind of which it ever held one.
-- `changed_position` is in the key because it grows: a fold finds the row without passing those that it was before,
-- which a dump or a check may keep in place for hours.
CREATE TABLE namespaces (
    name             text COLLATE "C" NOT NULL,
    kind             text NOT NULL,
    objects          bigint NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    created_position bigint NOT NULL,
    changed_position bigint NOT NULL,
    PRIMARY KEY (name, kind, changed_position)
);

-- Where each projection stands. The tables that projections fill live in schemas of their own, one a generation.

CREATE SCHEMA modelbox_views;
GRANT USAGE, CREATE ON SCHEMA modelbox_views TO modelbox_service;

-- One row a generation. `position` and the generation's rows move in the same transaction.
-- role:   active   its tables are what readers see
--         building it is being filled beside the active one and will take its place
--         checking it is being filled to be compared with the active one
--         retired  it was replaced; its schema is dropped next
-- status: paused   the fold failed on the event at error_position; nothing after it was applied
CREATE TABLE modelbox_views.projection_state (
    name           text NOT NULL,
    generation     integer NOT NULL CHECK (generation > 0),
    role           text NOT NULL CHECK (role IN ('active', 'building', 'checking', 'retired')),
    code_version   integer NOT NULL,
    position       bigint NOT NULL CHECK (position >= 0),
    hash           bytea NOT NULL CHECK (length(hash) = 32),
    status         text NOT NULL CHECK (status IN ('running', 'paused')),
    error          text,
    error_position bigint,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (name, generation),
    CHECK ((status = 'paused') = (error IS NOT NULL AND error_position IS NOT NULL))
) WITH (fillfactor = 50);

CREATE UNIQUE INDEX projection_state_active ON modelbox_views.projection_state (name) WHERE role = 'active';
CREATE UNIQUE INDEX projection_state_building ON modelbox_views.projection_state (name) WHERE role = 'building';

GRANT SELECT, INSERT, UPDATE, DELETE ON modelbox_views.projection_state TO modelbox_service;

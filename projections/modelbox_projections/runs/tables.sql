-- What is known of each run; `status` is what the log says, `resumed_at` when it said that the run goes on.
ALTER TABLE objects
    ADD COLUMN experiment_id uuid NOT NULL,
    ADD COLUMN parent_id uuid,
    ADD COLUMN started_at timestamptz NOT NULL,
    ADD COLUMN source json,
    ADD COLUMN external_id text NOT NULL,
    ADD COLUMN status text NOT NULL,
    ADD COLUMN ended_at timestamptz,
    ADD COLUMN resumed_at timestamptz,
    ADD COLUMN reason text NOT NULL;
CREATE INDEX ON objects (experiment_id, created_position);
CREATE INDEX ON objects (parent_id, created_position) WHERE parent_id IS NOT NULL;

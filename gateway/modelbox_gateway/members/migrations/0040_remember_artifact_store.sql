-- Which store holds the log's artifacts: servers that share the log must share the store, or each lacks what others took.
CREATE TABLE modelbox_gateway.artifact_store (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    store_id text NOT NULL,
    place    text NOT NULL,
    database text NOT NULL  -- in which this was written: a dump that is restored elsewhere brings it along
);

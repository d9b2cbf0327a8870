-- What can be made with something, and the code that runs were made with.
CREATE TABLE lineage_nodes (
    id        uuid PRIMARY KEY,
    type      text NOT NULL,
    name      text NOT NULL,
    namespace text NOT NULL
);

-- `to_id` was made with `from_id`.
CREATE TABLE lineage_edges (
    from_id  uuid NOT NULL,
    to_id    uuid NOT NULL,
    relation text NOT NULL,
    PRIMARY KEY (from_id, to_id, relation)
);
CREATE INDEX ON lineage_edges (to_id, from_id);

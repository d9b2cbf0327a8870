-- The edges that a page brought.
INSERT INTO lineage_edges (from_id, to_id, relation)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[])
ON CONFLICT (from_id, to_id, relation) DO NOTHING

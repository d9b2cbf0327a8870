-- The nodes that a page brought. One that is known stays as it is.
INSERT INTO lineage_nodes (id, type, name, namespace)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
ON CONFLICT (id) DO NOTHING

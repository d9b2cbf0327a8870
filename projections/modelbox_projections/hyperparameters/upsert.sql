-- Write hyperparameters; each replaces the name's earlier value.
INSERT INTO hyperparameters (object_id, name, value, number)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::json[], $4::double precision[])
ON CONFLICT (object_id, name) DO UPDATE SET value = excluded.value, number = excluded.number

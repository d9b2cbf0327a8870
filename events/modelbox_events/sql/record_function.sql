-- Record that of component $1 the function $2 with checksum $3 was applied at level $4.
INSERT INTO public.modelbox_functions (component, name, checksum, level) VALUES ($1, $2, $3, $4)
ON CONFLICT (component, name) DO UPDATE
SET checksum = excluded.checksum, level = excluded.level, applied_at = excluded.applied_at
WHERE (modelbox_functions.checksum, modelbox_functions.level) <> (excluded.checksum, excluded.level)

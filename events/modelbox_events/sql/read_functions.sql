-- What was applied of the functions of component $1, and at which level.
SELECT name, checksum, level FROM public.modelbox_functions WHERE component = $1

-- Which of the functions $1, named with their schemas, are not there.
SELECT name FROM unnest($1::text[]) AS wanted (name)
EXCEPT
SELECT format('%s.%s', home.nspname, routine.proname)
FROM pg_proc AS routine
JOIN pg_namespace AS home ON home.oid = routine.pronamespace
ORDER BY name

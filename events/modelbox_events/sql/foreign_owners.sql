-- Statements that give this account what is ModelBox's here and belongs to somebody as whom it may not act.
WITH schemas AS (
    SELECT oid, nspname, nspowner FROM pg_namespace
    WHERE nspname IN ('modelbox', 'modelbox_views', 'modelbox_gateway') OR nspname ~ '^view_[a-z_]+_v[0-9]+$'
)
SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, current_user)
FROM schemas WHERE NOT pg_has_role(nspowner, 'USAGE')
UNION ALL
SELECT format('ALTER TABLE %s OWNER TO %I', relation.oid::regclass, current_user)
FROM pg_class AS relation
WHERE (relation.relnamespace IN (SELECT oid FROM schemas)
       OR relation.relnamespace = 'public'::regnamespace AND relation.relname IN ('modelbox_migrations', 'modelbox_functions'))
  AND relation.relkind IN ('r', 'p', 'v', 'm') AND NOT pg_has_role(relation.relowner, 'USAGE')
UNION ALL
SELECT format('ALTER ROUTINE %s OWNER TO %I', routine.oid::regprocedure, current_user)
FROM pg_proc AS routine
WHERE routine.pronamespace IN (SELECT oid FROM schemas) AND NOT pg_has_role(routine.proowner, 'USAGE')

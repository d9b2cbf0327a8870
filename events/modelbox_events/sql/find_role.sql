-- The service's role in this database, whether it exists, and whether it may create schemas here.
SELECT role.name,
       to_regrole(role.name) IS NOT NULL AS found,
       coalesce(has_database_privilege(to_regrole(role.name), database.oid, 'CREATE'), false) AS creates,
       database.datname AS database
FROM pg_database AS database, LATERAL (SELECT 'modelbox_service_' || database.oid AS name) AS role
WHERE database.datname = current_database()

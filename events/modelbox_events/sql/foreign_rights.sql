-- Statements that take from the service roles of other databases what a copy or a restored dump gave them here. $1: the
-- role of this database; $2: whether to take the rights of the role that all databases once shared.
WITH strangers AS (
    SELECT oid, rolname FROM pg_roles
    WHERE rolname ~ '^modelbox_service_[0-9]+$' AND rolname <> $1 OR rolname = 'modelbox_service' AND $2
),
held AS (
    SELECT format('DATABASE %I', datname) AS object, datacl AS rights
    FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT format('SCHEMA %I', nspname), nspacl FROM pg_namespace
    UNION ALL
    SELECT format('TABLE %s', oid::regclass), relacl FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
    UNION ALL
    SELECT format('TABLE %s', attrelid::regclass), attacl FROM pg_attribute WHERE attacl IS NOT NULL
    UNION ALL
    SELECT format('ROUTINE %s', oid::regprocedure), proacl FROM pg_proc
)
SELECT DISTINCT format('REVOKE ALL ON %s FROM %I', held.object, strangers.rolname)
FROM held, LATERAL aclexplode(held.rights) AS granted
JOIN strangers ON strangers.oid = granted.grantee

-- How many connections Postgres allows this account in this database, and how many clients hold one now;
-- and whether the account is a superuser.
SELECT least(
           current_setting('max_connections')::integer - CASE WHEN account.rolsuper THEN 0 ELSE
               current_setting('superuser_reserved_connections')::integer
               + coalesce(current_setting('reserved_connections', true)::integer, 0) END,
           CASE WHEN account.rolsuper THEN NULL ELSE nullif(account.rolconnlimit, -1) END,
           CASE WHEN account.rolsuper THEN NULL ELSE nullif(database.datconnlimit, -1) END) AS allowed,
       (SELECT count(*) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS held,
       account.rolsuper AS is_superuser
FROM pg_roles AS account, pg_database AS database
WHERE account.rolname = session_user AND database.datname = current_database()

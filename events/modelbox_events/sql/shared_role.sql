-- Whether the role that all databases once shared still has rights here, and how many processes of earlier versions,
-- with this account, are connected: each has a pool of connections of that name.
SELECT coalesce(has_schema_privilege(to_regrole('modelbox_service'), to_regnamespace('modelbox'), 'USAGE'), false)
           AS has_rights,
       (SELECT count(*) FROM pg_stat_activity AS session
        JOIN pg_roles AS account ON account.oid = session.usesysid
        WHERE session.datname = current_database() AND account.rolname = current_user
          AND session.application_name = 'modelbox') AS sessions

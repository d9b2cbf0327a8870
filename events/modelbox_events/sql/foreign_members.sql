-- Who else may act as the role $1: no superuser, and nobody who owns this database.
SELECT member.rolname
FROM pg_auth_members AS membership
JOIN pg_roles AS member ON member.oid = membership.member
JOIN pg_database AS database ON database.datname = current_database()
WHERE membership.roleid = to_regrole($1) AND member.rolname NOT IN (current_user, 'modelbox_service')
  AND NOT member.rolsuper AND NOT pg_has_role(member.oid, database.datdba, 'MEMBER')
ORDER BY member.rolname

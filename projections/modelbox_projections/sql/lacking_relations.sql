-- Those of these relations that readers do not find yet.
SELECT relation
FROM unnest($1::text[]) AS relation
WHERE to_regclass('modelbox_views.' || quote_ident(relation)) IS NULL

-- At most $3 of the SHA-256 that uploaded artifacts of namespace $1 with size $2 have.
SELECT DISTINCT sha256
FROM modelbox_views.artifacts
WHERE uploaded AND namespace = $1 AND size = $2
ORDER BY sha256
LIMIT $3

-- Those of the SHA-256 in $1 that an uploaded artifact has.
SELECT DISTINCT sha256
FROM modelbox_views.artifacts
WHERE uploaded AND sha256 = ANY ($1::text[])

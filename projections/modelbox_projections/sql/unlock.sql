-- Give the session lock of this name back.
SELECT pg_advisory_unlock(hashtextextended($1, 0))

-- Take the session lock of this name, if nobody holds it.
SELECT pg_try_advisory_lock(hashtextextended($1, 0))

-- Tell the runner, whichever process it is in, for which views somebody waits.
SELECT pg_notify($1, $2)

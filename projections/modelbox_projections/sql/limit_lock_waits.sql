-- Wait at most this long for any lock, until the end of the transaction.
SELECT set_config('lock_timeout', $1, true)

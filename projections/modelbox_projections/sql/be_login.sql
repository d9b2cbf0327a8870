-- Work as the account of the dsn from here on.
SELECT set_config('role', 'none', false)

-- Count the time that the service has run, and forget a portion of the idempotency keys once it is over.
SELECT modelbox.forget_old_keys($1, $2)

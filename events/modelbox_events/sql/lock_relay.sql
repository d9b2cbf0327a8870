-- Whether this session now relays the log: one does, to save the others the work.
SELECT pg_try_advisory_lock(hashtextextended('modelbox relay', 0))

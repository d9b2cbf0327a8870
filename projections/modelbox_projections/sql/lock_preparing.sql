-- One process at a time creates first generations; held until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('modelbox projections prepare', 0))

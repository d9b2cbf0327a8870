-- The head as in read_head.sql, held until the end of the transaction: no append comes between.
SELECT log_id, position, hash, recorded_at, genesis, format_level
FROM modelbox.log_head
ORDER BY position DESC
LIMIT 1
FOR UPDATE

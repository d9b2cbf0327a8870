-- The log's head: its id, last position, the chain's hash there, and when it was written.
SELECT log_id, position, hash, recorded_at FROM modelbox.log_head WHERE id = 1

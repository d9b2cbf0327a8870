-- The log's head: its epoch's id, last position, the chain's hash there, when it was written, what the chain begins
-- with, and the format that it may hold.
SELECT log_id, position, hash, recorded_at, genesis, format_level FROM modelbox.head()

-- The chain's hash at a position.
SELECT hash FROM modelbox.events WHERE position = $1

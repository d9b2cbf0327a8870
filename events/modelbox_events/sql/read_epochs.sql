-- The epochs of the log in their order; few, for each is a fork by hand.
SELECT number, log_id, begins_after, begun_at, reason FROM modelbox.epochs ORDER BY number

-- Let the log hold the format $1: everyone who lives reads it.
UPDATE modelbox.log_head SET format_level = $1 WHERE format_level < $1

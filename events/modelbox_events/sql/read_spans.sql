-- Where time began: at the beginning of the log, and at each correction of the clock.
SELECT begins_after FROM modelbox.clock_spans ORDER BY begins_after

-- By how many seconds the head's time is ahead of the clock; 0 if it is not.
SELECT greatest(extract(epoch FROM recorded_at - clock_timestamp()), 0)::double precision FROM modelbox.head()

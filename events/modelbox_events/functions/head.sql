-- The head as it is now. The setting is the function's own: a plan made while the table was small would scan it for ever.
CREATE OR REPLACE FUNCTION modelbox.head() RETURNS SETOF modelbox.log_head
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY SELECT * FROM modelbox.log_head ORDER BY position DESC LIMIT 1;
END $$;

-- Ends a rehearsal: whatever the statement did before is rolled back by Postgres itself, in the same round trip.
CREATE OR REPLACE FUNCTION modelbox.end_rehearsal(requests bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'appends were rehearsed, % of them: nothing is recorded', requests USING ERRCODE = '55MB2';
END $$;

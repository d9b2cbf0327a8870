-- Count the time since the last call, at most interval_s of it, and begin the other portion of the keys once this one has
-- run for keep_s; returns whether it did. A call within half an interval of another process's counts nothing.
CREATE OR REPLACE FUNCTION modelbox.forget_old_keys(keep_s double precision, interval_s double precision) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, modelbox AS $$
DECLARE
    clock  modelbox.keys_clock%ROWTYPE;
    passed double precision;
    head   modelbox.log_head%ROWTYPE;
BEGIN
    SELECT * INTO clock FROM keys_clock FOR UPDATE SKIP LOCKED;
    passed := extract(epoch FROM clock_timestamp() - clock.ticked_at);
    IF clock IS NULL OR passed BETWEEN 0 AND interval_s / 2 THEN
        RETURN false;
    END IF;
    clock.ran_s := clock.ran_s + least(greatest(passed, 0), interval_s);
    IF clock.ran_s < keep_s THEN
        UPDATE keys_clock SET ran_s = clock.ran_s, ticked_at = clock_timestamp();
        RETURN false;
    END IF;
    -- The head first, as an append locks it. Whoever reads the keys at this moment (a backup does for long) is not
    -- waited for, since every append would wait too: the next call tries again.
    SELECT * INTO head FROM log_head ORDER BY position DESC LIMIT 1 FOR UPDATE;
    IF head.keys_portion % 2 = 0 THEN
        LOCK TABLE idempotency_1 IN ACCESS EXCLUSIVE MODE NOWAIT;
        TRUNCATE idempotency_1;
    ELSE
        LOCK TABLE idempotency_0 IN ACCESS EXCLUSIVE MODE NOWAIT;
        TRUNCATE idempotency_0;
    END IF;
    UPDATE log_head SET keys_portion = head.keys_portion + 1;
    UPDATE keys_clock SET ran_s = 0, ticked_at = clock_timestamp();
    RETURN true;
END $$;

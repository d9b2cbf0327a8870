-- What the service may do with the log: no more than to read and add. Run at every start; see roles.py.

GRANT USAGE ON SCHEMA modelbox TO modelbox_service;

-- First nothing, then what it needs: what a restore or a hand gave beyond that goes.
REVOKE ALL ON modelbox.log_head, modelbox.events, modelbox.event_partitions, modelbox.streams, modelbox.idempotency,
    modelbox.idempotency_0, modelbox.idempotency_1, modelbox.keys_clock, modelbox.epochs, modelbox.clock_spans
    FROM modelbox_service;
GRANT SELECT ON modelbox.log_head, modelbox.event_partitions, modelbox.idempotency, modelbox.epochs,
    modelbox.clock_spans TO modelbox_service;
-- Which log this is belongs to the owner; what appends move belongs to the service.
GRANT UPDATE (position, hash, recorded_at, format_level) ON modelbox.log_head TO modelbox_service;
GRANT SELECT, INSERT ON modelbox.events, modelbox.idempotency_0, modelbox.idempotency_1 TO modelbox_service;
GRANT SELECT, INSERT, UPDATE ON modelbox.streams TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.append, modelbox.append_batch, modelbox.append_requests,
    modelbox.ensure_event_partitions, modelbox.forget_old_keys, modelbox.head, modelbox.end_rehearsal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION modelbox.append, modelbox.append_batch, modelbox.append_requests,
    modelbox.ensure_event_partitions, modelbox.forget_old_keys, modelbox.head, modelbox.end_rehearsal TO modelbox_service;

-- A restored function belongs to whoever restored it. One that acts as its owner must be able to do what it is for.
DO $$
DECLARE
    changed text;
BEGIN
    FOR changed IN
        SELECT format('ALTER FUNCTION %s OWNER TO %I', f.oid::regprocedure, o.rolname)
        FROM pg_proc AS f
        JOIN pg_class AS events ON events.oid = 'modelbox.events'::regclass
        JOIN pg_roles AS o ON o.oid = events.relowner
        WHERE f.pronamespace = 'modelbox'::regnamespace AND f.prosecdef AND f.proowner <> events.relowner
    LOOP
        EXECUTE changed;
    END LOOP;
    -- The guards of events work in every session, also after a restore with `--disable-triggers` that broke off.
    FOR changed IN
        SELECT format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.tgrelid::regclass, t.tgname)
        FROM pg_trigger AS t
        WHERE t.tgfoid = 'modelbox.refuse_change'::regproc AND t.tgenabled <> 'A'
    LOOP
        EXECUTE changed;
    END LOOP;
END $$;

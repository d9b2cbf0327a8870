-- What the service may do with the log: no more than to read and add. Run at every start; see roles.py.

GRANT USAGE ON SCHEMA modelbox TO modelbox_service;
GRANT SELECT, UPDATE ON modelbox.log_head TO modelbox_service;
GRANT SELECT, INSERT ON modelbox.events TO modelbox_service;
GRANT SELECT, INSERT, UPDATE ON modelbox.streams TO modelbox_service;
GRANT SELECT, INSERT, DELETE ON modelbox.idempotency TO modelbox_service;
GRANT SELECT ON modelbox.event_partitions TO modelbox_service;

REVOKE ALL ON FUNCTION modelbox.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION modelbox.append TO modelbox_service;
REVOKE ALL ON FUNCTION modelbox.ensure_event_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION modelbox.ensure_event_partitions TO modelbox_service;

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

-- Append-only for everyone: the service lacks the privilege, the triggers stop the owner as well.

CREATE FUNCTION modelbox.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Record what changed as a new event.';
END $$;

-- ALWAYS: also in sessions that switch ordinary triggers off (session_replication_role).
CREATE TRIGGER refuse_update_or_delete BEFORE UPDATE OR DELETE ON modelbox.events
    FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change();
ALTER TABLE modelbox.events ENABLE ALWAYS TRIGGER refuse_update_or_delete;

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON modelbox.events
    FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change();
ALTER TABLE modelbox.events ENABLE ALWAYS TRIGGER refuse_truncate;

-- Refuses what changes events: the service lacks the privilege, the triggers stop the owner as well.
CREATE OR REPLACE FUNCTION modelbox.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Record what changed as a new event.';
END $$;

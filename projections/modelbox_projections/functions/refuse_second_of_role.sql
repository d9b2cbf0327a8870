-- Keeps out a second generation of a role that one has: when a generation begins and when its role changes. Processes of
-- older versions do both with the same statements as before.
CREATE OR REPLACE FUNCTION modelbox_views.refuse_second_of_role() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('modelbox projection roles ' || NEW.name, 0));
    IF EXISTS (
        SELECT FROM modelbox_views.projection_state AS other
        WHERE other.name = NEW.name AND other.role = NEW.role AND other.generation <> NEW.generation
    ) THEN
        RAISE EXCEPTION 'projection % has a generation with role % already', NEW.name, NEW.role
            USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END
$$;

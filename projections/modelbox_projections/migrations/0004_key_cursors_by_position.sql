-- Cursors are found by where they are. While somebody holds a snapshot (a dump, a check, an analyst), every move of a
-- cursor leaves its old row in place; an index by name alone, and one that keeps names unique above all, leads through
-- all of them. Positions grow, so the newest row of a cursor is the first that an index by position meets.

ALTER TABLE modelbox_views.projection_state DROP CONSTRAINT projection_state_pkey;
DROP INDEX modelbox_views.projection_state_active, modelbox_views.projection_state_building;

CREATE INDEX projection_state_newest ON modelbox_views.projection_state (name, generation, position DESC);

-- What those indexes kept out is kept out where it could come in: when a generation begins and when a role changes.
-- Processes of older versions do both with the same statements as before.
CREATE UNIQUE INDEX projection_state_first ON modelbox_views.projection_state (name, generation) WHERE position = 0;

CREATE FUNCTION modelbox_views.refuse_second_of_role() RETURNS trigger
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

CREATE TRIGGER one_of_role BEFORE INSERT OR UPDATE OF role ON modelbox_views.projection_state
FOR EACH ROW WHEN (NEW.role IN ('active', 'building'))
EXECUTE FUNCTION modelbox_views.refuse_second_of_role();

-- The newest row of each cursor: from one to the next along the index, past none of the old ones. Planned like that
-- however small the table is, for a plan outlives that.
CREATE FUNCTION modelbox_views.projection_states() RETURNS SETOF modelbox_views.projection_state
LANGUAGE sql STABLE
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
    WITH RECURSIVE newest AS (
        (
            SELECT state
            FROM modelbox_views.projection_state AS state
            ORDER BY state.name, state.generation, state.position DESC
            LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT next
            FROM modelbox_views.projection_state AS next
            WHERE (next.name, next.generation) > ((newest.state).name, (newest.state).generation)
            ORDER BY next.name, next.generation, next.position DESC
            LIMIT 1
        )
        FROM newest
        WHERE (newest.state).name IS NOT NULL
    )
    SELECT (newest.state).* FROM newest WHERE (newest.state).name IS NOT NULL
$$;

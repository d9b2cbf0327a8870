-- What the service may do with the views: it fills them and replaces them. Run at every start.

GRANT USAGE, CREATE ON SCHEMA modelbox_views TO modelbox_service;
REVOKE ALL ON modelbox_views.projection_state, modelbox_views.run_heartbeats, modelbox_views.lead_beats
    FROM modelbox_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON modelbox_views.projection_state TO modelbox_service;
GRANT SELECT, INSERT, UPDATE ON modelbox_views.run_heartbeats TO modelbox_service;
GRANT SELECT, INSERT, DELETE ON modelbox_views.lead_beats TO modelbox_service;

-- What projections fill is the service's own: it drops and replaces it. A restored dump, a copy of a database and an
-- earlier version leave it to somebody else. Indexes, and sequences of a column, go with their table.
DO $$
DECLARE
    changed text;
BEGIN
    FOR changed IN
        SELECT format('ALTER SCHEMA %I OWNER TO modelbox_service', s.nspname)
        FROM pg_namespace AS s
        WHERE s.nspname ~ '^view_[a-z_]+_v[0-9]+$' AND s.nspowner <> 'modelbox_service'::regrole
        UNION ALL
        SELECT format('ALTER TABLE %s OWNER TO modelbox_service', c.oid::regclass)
        FROM pg_class AS c
        JOIN pg_namespace AS s ON s.oid = c.relnamespace
        WHERE c.relowner <> 'modelbox_service'::regrole
          AND (s.nspname ~ '^view_[a-z_]+_v[0-9]+$' AND c.relkind IN ('r', 'p', 'v', 'm')
               OR s.nspname = 'modelbox_views' AND c.relkind = 'v')
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO modelbox_service', f.oid::regprocedure)
        FROM pg_proc AS f
        JOIN pg_namespace AS s ON s.oid = f.pronamespace
        WHERE s.nspname ~ '^view_[a-z_]+_v[0-9]+$' AND f.proowner <> 'modelbox_service'::regrole
    LOOP
        EXECUTE changed;
    END LOOP;
END $$;

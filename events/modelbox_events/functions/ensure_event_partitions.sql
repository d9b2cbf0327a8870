-- Create partitions of `events` until `ahead` empty ones follow the one that takes the next position.
--
-- Attaching (rather than CREATE … PARTITION OF) leaves appends running meanwhile.
CREATE OR REPLACE FUNCTION modelbox.ensure_event_partitions(ahead integer, partition_rows bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, modelbox AS $$
DECLARE
    next_position bigint;
    last_to       bigint;
    empty         integer;
    created       integer := 0;
    name          text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('modelbox.ensure_event_partitions'));
    SELECT position + 1 INTO next_position FROM log_head;
    SELECT coalesce(max(to_position), 1), count(*) FILTER (WHERE from_position > next_position)
        INTO last_to, empty FROM event_partitions;
    WHILE empty < ahead OR last_to <= next_position LOOP
        name := 'events_' || to_char(last_to, 'FM000000000000000');
        EXECUTE format('CREATE TABLE modelbox.%I (LIKE modelbox.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', name);
        EXECUTE format('CREATE TRIGGER refuse_update_or_delete BEFORE UPDATE OR DELETE ON modelbox.%I FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change()', name);
        EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON modelbox.%I FOR EACH STATEMENT EXECUTE FUNCTION modelbox.refuse_change()', name);
        EXECUTE format('ALTER TABLE modelbox.%I ENABLE ALWAYS TRIGGER refuse_update_or_delete, ENABLE ALWAYS TRIGGER refuse_truncate', name);
        EXECUTE format('CREATE UNIQUE INDEX ON modelbox.%I (stream_id, version)', name);
        EXECUTE format('CREATE UNIQUE INDEX ON modelbox.%I (event_id)', name);
        EXECUTE format('ALTER TABLE modelbox.events ATTACH PARTITION modelbox.%I FOR VALUES FROM (%s) TO (%s)', name, last_to, last_to + partition_rows);
        INSERT INTO event_partitions VALUES (name, last_to, last_to + partition_rows);
        IF last_to > next_position THEN
            empty := empty + 1;
        END IF;
        last_to := last_to + partition_rows;
        created := created + 1;
    END LOOP;
    RETURN created;
END $$;

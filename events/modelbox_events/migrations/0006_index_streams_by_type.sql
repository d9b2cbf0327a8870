-- An index that leads to the few events of a stream that decide, past the many that only report.
--
-- A run has hundreds of thousands of MetricsLogged and EventLogged and a handful of everything else. These two are left
-- out, so the appends of training pay nothing for the index. Its partitions get theirs with it, later ones when they are
-- attached (0003).
CREATE INDEX events_few ON modelbox.events (stream_id, type, version)
    WHERE type NOT IN ('MetricsLogged', 'EventLogged');

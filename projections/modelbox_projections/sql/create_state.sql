-- A new generation of projection $1 with role $2 and code version $3, standing before the first event of the log.
INSERT INTO modelbox_views.projection_state
    (name, generation, role, code_version, position, hash, status, updated_at)
SELECT $1, coalesce(max(held.generation), 0) + 1, $2, $3, 0, sha256(uuid_send(head.genesis)), 'running',
       clock_timestamp()
FROM modelbox.head() AS head
LEFT JOIN modelbox_views.projection_state AS held ON held.name = $1
GROUP BY head.genesis
RETURNING name, generation, role, code_version, position, hash, status, error, error_position, updated_at

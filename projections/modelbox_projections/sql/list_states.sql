-- Every generation of every projection.
SELECT name, generation, role, code_version, position, hash, status, error, error_position, updated_at
FROM modelbox_views.projection_states()
ORDER BY name, generation

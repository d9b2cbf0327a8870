-- One stream by its object's id.
SELECT namespace, type, version, last_position, closed_at IS NOT NULL AS closed FROM modelbox.streams WHERE id = $1
ORDER BY version_block DESC LIMIT 1

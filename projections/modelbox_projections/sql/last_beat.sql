-- The last sign of life of whoever leads; none of one that leads without giving any, as older versions do.
SELECT beat, pid, held_since
FROM modelbox_views.lead_beats
ORDER BY beat DESC
LIMIT 1

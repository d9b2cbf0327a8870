-- Take away what earlier leaders left behind: everything before beat $1.
DELETE FROM modelbox_views.lead_beats
WHERE beat < $1

-- From format level 3 on data may be compressed (codec 2). Nobody of an older version has read an empty log.
UPDATE modelbox.log_head SET format_level = 3 WHERE position = 0;

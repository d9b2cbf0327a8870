-- The log's last position.
SELECT position FROM modelbox.head()

-- The id of the user whose name is $1.
SELECT id FROM modelbox_gateway.claimed_users WHERE name = $1

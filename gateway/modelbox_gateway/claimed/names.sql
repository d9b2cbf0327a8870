-- The names of the users with these ids.
SELECT id, name FROM modelbox_gateway.claimed_users WHERE id = ANY ($1::uuid[])

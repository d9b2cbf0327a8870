-- Take in user $2 under id $1, unless the name is known or there are $3 already.
INSERT INTO modelbox_gateway.claimed_users (id, name)
SELECT $1, $2
WHERE (SELECT count(*) FROM modelbox_gateway.claimed_users) < $3
ON CONFLICT (name) DO NOTHING

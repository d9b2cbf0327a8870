-- Give up the lease of a member.
DELETE FROM modelbox_gateway.members WHERE id = $1

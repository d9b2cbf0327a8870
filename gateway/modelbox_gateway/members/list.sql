-- The members that take calls and whose lease is not older than $1 seconds, by host and address.
SELECT id, host_name, rpc_addr, http_addr
FROM modelbox_gateway.members
WHERE rpc_addr <> '' AND renewed_at >= clock_timestamp() - make_interval(secs => $1)
ORDER BY host_name, rpc_addr, id

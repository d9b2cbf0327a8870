-- Renew the lease of member $1. Rows older than $5 seconds go, and those of an earlier process at the same addresses.
WITH gone AS (
    DELETE FROM modelbox_gateway.members
    WHERE id <> $1
      AND (renewed_at < clock_timestamp() - make_interval(secs => $5)
           OR (host_name, rpc_addr, http_addr) = ($2, $3, $4))
)
INSERT INTO modelbox_gateway.members (id, host_name, rpc_addr, http_addr, renewed_at)
VALUES ($1, $2, $3, $4, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET renewed_at = excluded.renewed_at

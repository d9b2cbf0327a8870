-- Renew the lease of member $1, which reads format level $6; return the lowest level that a living member reads.
-- Rows older than $5 seconds go, and those of an earlier process at the same addresses.
WITH gone AS (
    DELETE FROM modelbox_gateway.members
    WHERE id <> $1
      AND (renewed_at < clock_timestamp() - make_interval(secs => $5)
           OR (host_name, rpc_addr, http_addr) = ($2, $3, $4))
    RETURNING id
), renewed AS (
    INSERT INTO modelbox_gateway.members (id, host_name, rpc_addr, http_addr, renewed_at, reads_level)
    VALUES ($1, $2, $3, $4, clock_timestamp(), $6)
    ON CONFLICT (id) DO UPDATE SET renewed_at = excluded.renewed_at
)
SELECT least($6, min(reads_level)) FROM modelbox_gateway.members WHERE id NOT IN (SELECT id FROM gone)

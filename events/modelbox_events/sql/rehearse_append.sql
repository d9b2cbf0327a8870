-- Append a batch, all but the commit: Postgres itself rolls it back before it answers, with the error 55MB2.
SELECT modelbox.end_rehearsal(count(*))
FROM modelbox.append_requests($1, $2, $3::text::uuid[], $4, $5, $6::text::integer[], $7, $8, $9, $10, $11, $12, $13, $14,
                              $15::text::integer[], $16::text::integer[], $17::text::integer[], $18::text::uuid[],
                              $19::text::text[], $20, $21)

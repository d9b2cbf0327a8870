-- Append a batch; see the function for what each argument holds.
SELECT outcome, detail, first_position, last_position, version, recorded_at, hash, log_id, format_level
FROM modelbox.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
                           $15::text::integer[], $16::text::integer[], $17::text::integer[], $18::text::integer[],
                           $19::text::integer[], $20::text::integer[], $21::text::integer[], $22,
                           $23::text::integer[], $24::text::integer[], $25::text::integer[],
                           $26::text::integer[], $27::text::integer[],
                           $28, $29, $30::text::smallint[], $31)

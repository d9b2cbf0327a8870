-- Append a batch; see the function for what each argument holds.
SELECT outcome, detail, first_position, last_position, version, recorded_at
FROM modelbox.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
                     $13::text::integer[], $14::text::integer[], $15::text::integer[], $16::text::integer[],
                     $17::text::integer[], $18::text::integer[], $19, $20::text::integer[],
                     $21, $22, $23::text::smallint[], $24, $25)

-- Append a batch; see the function for what each argument holds.
SELECT outcome, detail, first_position, last_position, version, recorded_at
FROM modelbox.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                     $20, $21, $22, $23, $24, $25)

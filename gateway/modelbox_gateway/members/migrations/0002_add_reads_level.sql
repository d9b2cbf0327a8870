-- The highest format of the log that a member reads; one of the first version does not say so and reads 1.
ALTER TABLE modelbox_gateway.members ADD COLUMN reads_level smallint NOT NULL DEFAULT 1;

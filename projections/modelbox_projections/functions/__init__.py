"""The projections' functions in the database, one a file, each applied again where its text changed: see `migrate`."""

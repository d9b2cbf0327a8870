"""Generated from sdk/proto by `make proto`; written by hand only here."""

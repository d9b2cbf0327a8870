"""The commands that live beside the service: `modelbox server`, `log`, `audit` and `projections`.

The base install's CLI finds each group by its entry point. A module of this package imports nothing heavy until a
command runs, so that `--help` works and stays fast where the `server` extra is not installed.
"""

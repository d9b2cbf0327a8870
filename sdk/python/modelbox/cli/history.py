"""Histories on the command line: of an object of any kind, of a model, of a model version.

Must not know: any command.
"""

from typing import Any

import click

from modelbox.cli.common import Command, limit_option, output_option
from modelbox.cli.output import print_rows
from modelbox.cli.rows import rows_of
from modelbox.cli.values import read_time
from modelbox.logged_object import LoggedObject

_COLUMNS = ("recorded_at", "position", "actor", "object_type", "field", "old", "new")
_FURTHER = ("version", "reason")
"""Columns that a table has only where a change says something there."""


def history_options(command: Command) -> Command:
    """Add `--since`, `--until`, `--limit` and `--output`."""
    command = output_option(limit_option(command))
    until = "Only changes before this time."
    command = click.option("--until", callback=read_time, metavar="TIME", help=until)(command)
    since = "Only changes of this time or later: seconds since the epoch or ISO 8601."
    return click.option("--since", callback=read_time, metavar="TIME", help=since)(command)


def print_history(of: LoggedObject, *, output: str, **which: Any) -> None:
    """Print who changed what of an object and when."""
    rows = list(rows_of(of.history(**which)))
    more = [name for name in _FURTHER if output == "csv" or any(row[name] for row in rows)]
    print_rows(rows, columns=(*_COLUMNS, *more), output=output, what="changes")

# mypy: disable-error-code="attr-defined,import-not-found"
# pyright: reportMissingImports=false
# What is imported of the toy is found beside the real packages only when it runs.
"""`modelbox client toys`."""

from typing import Any, Final

import click

from modelbox.cli.common import list_options, namespace_option, output_option, recursive_option, with_client
from modelbox.cli.groups import Group
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.pointing import with_one
from modelbox.cli.rows import row_of, rows_of
from modelbox.cli.telling import told
from modelbox.kinds.toy import Toy

_COLUMNS = ("id", "name", "owner", "color", "wheels", "created_at")


@click.group(cls=Group)
def toys() -> None:
    """List and show toys."""


@toys.command("list", epilog="Example: modelbox client toys list --namespace nursery --recursive")
@namespace_option
@recursive_option
@list_options
@output_option
@with_client
def list_toys(client: Any, *, output: str, **which: Any) -> None:
    """List the toys of a namespace, newest first."""
    print_rows(rows_of(client.toys(**which)), columns=_COLUMNS, output=output, what="toys")


@toys.command(epilog="Example: modelbox client toys show --toy car")
@output_option
@with_one("toy")
def show(_client: Any, toy: Toy, *, output: str) -> None:
    """Show one toy with its metadata."""
    print_object(told({**row_of(toy), "metadata": toy.metadata()}, output), output=output)


COMMAND: Final = toys

"""`modelbox client namespaces`."""

from typing import Final

import click

from modelbox.cli.common import limit_option, output_option, with_client
from modelbox.cli.output import print_rows
from modelbox.cli.rows import rows_of
from modelbox.client import ModelBox

_COLUMNS = ("name", "experiments", "models", "datasets", "created_at", "updated_at")


@click.command(epilog="Example: modelbox client namespaces")
@limit_option
@output_option
@with_client
def namespaces(client: ModelBox, *, limit: int | None, output: str) -> None:
    """List the namespaces that ever held anything, by name."""
    print_rows(rows_of(client.namespaces(limit=limit)), columns=_COLUMNS, output=output, what="namespaces")


COMMAND: Final = namespaces

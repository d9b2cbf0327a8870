"""`modelbox client namespaces`."""

from pathlib import Path

import click

from modelbox.cli.common import connected, connection_options, limit_option, output_option
from modelbox.cli.output import print_rows
from modelbox.cli.rows import namespace_row


@click.command(epilog="Example: modelbox client namespaces")
@limit_option
@output_option
@connection_options
def namespaces(*, limit: int | None, output: str, server_addr: str, config_path: Path | None) -> None:
    """List the namespaces that hold anything, by name."""
    with connected(server_addr, config_path) as client:
        rows = map(namespace_row, client.namespaces(limit=limit))
        print_rows(rows, columns=("name", "models", "created_at", "updated_at"), output=output)

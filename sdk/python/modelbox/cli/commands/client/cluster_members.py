"""`modelbox client cluster-members`."""

from typing import Final

import click

from modelbox.cli.common import output_option, with_client
from modelbox.cli.output import print_rows
from modelbox.cli.rows import rows_of
from modelbox.client import ModelBox


@click.command("cluster-members", epilog="Example: modelbox client cluster-members")
@output_option
@with_client
def cluster_members(client: ModelBox, *, output: str) -> None:
    """List the servers that take calls for this log."""
    columns = ("id", "host_name", "rpc_addr", "http_addr")
    print_rows(rows_of(client.cluster_members()), columns=columns, output=output)


COMMAND: Final = cluster_members

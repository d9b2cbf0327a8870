"""`modelbox client`: the commands that speak to a server, a file each."""

from typing import Final

import click

from modelbox.cli.lazy import LazyGroup, commands_in


@click.command(
    cls=LazyGroup,
    lazy=commands_in(__name__, __path__),
    epilog="The server: --server-addr, then MODELBOX_API_ADDR, then ./modelbox_client.toml, then localhost:8085.",
)
def client() -> None:
    """Create and read experiments, runs, models and datasets, log on them, follow their changes."""


COMMAND: Final = client

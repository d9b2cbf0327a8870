"""`modelbox client history`."""

from typing import Any, Final

import click

from modelbox.cli.groups import ObjectCommand
from modelbox.cli.history import history_options, print_history
from modelbox.cli.pointing import with_object
from modelbox.client import ModelBox


@click.command(cls=ObjectCommand, epilog="Example: modelbox client history --id ID --since 2030-01-31T12:00Z")
@history_options
@with_object()
def history(client: ModelBox, *, object_id: str, **which: Any) -> None:
    """Print who changed what of an object of any kind and when, newest first."""
    print_history(client.object(object_id), **which)


COMMAND: Final = history

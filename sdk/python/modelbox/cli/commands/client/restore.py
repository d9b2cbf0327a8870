"""`modelbox client restore`."""

from typing import Final

import click

from modelbox.cli.groups import ObjectCommand
from modelbox.cli.pointing import described, read_any, with_object
from modelbox.client import ModelBox


@click.command(cls=ObjectCommand, epilog="Example: modelbox client restore --id ID")
@with_object()
def restore(client: ModelBox, *, object_id: str) -> None:
    """Undo the deletion of an object."""
    about = described(client, object_id)
    was_deleted = read_any(client, object_id).deleted_at is not None
    client.object(object_id).restore()
    click.echo(f"restored {about}" if was_deleted else f"not deleted: {about}")


COMMAND: Final = restore

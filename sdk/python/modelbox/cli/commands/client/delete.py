"""`modelbox client delete`."""

from typing import Final

import click

from modelbox.cli.groups import ObjectCommand
from modelbox.cli.pointing import described, read_any, with_object
from modelbox.client import ModelBox


@click.command(cls=ObjectCommand, epilog="Example: modelbox client delete --id ID")
@with_object()
def delete(client: ModelBox, *, object_id: str) -> None:
    """Delete an object: lists leave it out, its history stays, `restore` brings it back."""
    about = described(client, object_id)
    was_deleted = read_any(client, object_id).deleted_at is not None
    client.object(object_id).delete()
    done = "deleted already:" if was_deleted else "deleted"
    click.echo(f"{done} {about}; bring it back with: modelbox client restore --id {object_id}")


COMMAND: Final = delete

"""`modelbox client update`."""

from typing import Final

import click

from modelbox.cli.pointing import with_object
from modelbox.cli.values import DescriptionCommand
from modelbox.client import ModelBox


@click.command(cls=DescriptionCommand, epilog="Example: modelbox client update --id ID --owner a@b.org --task asr")
@click.option("--owner", help="Who answers for it.")
@click.option("--description", help="A description.")
@click.option("--task", help="What it is for.")
@click.option("--comment", help="A comment, of a run.")
@with_object()
def update(client: ModelBox, *, object_id: str, **changes: str | None) -> None:
    """Change the owner, description, task or comment of an object; what is not given stays as it is."""
    if all(change is None for change in changes.values()):
        raise click.UsageError("give at least one of --owner, --description, --task, --comment")
    client.object(object_id).update(
        owner=changes["owner"],
        description=changes["description"],
        task=changes["task"],
        comment=changes["comment"],
    )


COMMAND: Final = update

"""`modelbox client update|labels|delete|restore`: changes of objects of any kind."""

import click

from modelbox.cli.groups import ObjectCommand
from modelbox.cli.pointing import described, read_any, with_object
from modelbox.cli.values import DescriptionCommand, read_pairs
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


@click.command(cls=ObjectCommand, epilog="Example: modelbox client labels --id ID env=prod privacy=high --remove old")
@click.argument("labels", nargs=-1, metavar="NAME=VALUE...")
@click.option("--remove", multiple=True, metavar="NAME", help="Take this label away. Repeatable.")
@with_object()
def set_labels(client: ModelBox, *, object_id: str, labels: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Write labels of an object, or take some away; others stay as they are."""
    if not (labels or remove):
        raise click.UsageError("give labels as NAME=VALUE, or --remove NAME")
    client.object(object_id).update(labels=read_pairs(labels, what="label"), remove_labels=remove)


@click.command(cls=ObjectCommand, epilog="Example: modelbox client delete --id ID")
@with_object()
def delete(client: ModelBox, *, object_id: str) -> None:
    """Delete an object: lists leave it out, its history stays, `restore` brings it back."""
    about = described(client, object_id)
    was_deleted = read_any(client, object_id).deleted_at is not None
    client.object(object_id).delete()
    done = "deleted already:" if was_deleted else "deleted"
    click.echo(f"{done} {about}; bring it back with: modelbox client restore --id {object_id}")


@click.command(cls=ObjectCommand, epilog="Example: modelbox client restore --id ID")
@with_object()
def restore(client: ModelBox, *, object_id: str) -> None:
    """Undo the deletion of an object."""
    about = described(client, object_id)
    was_deleted = read_any(client, object_id).deleted_at is not None
    client.object(object_id).restore()
    click.echo(f"restored {about}" if was_deleted else f"not deleted: {about}")

"""`modelbox client labels`."""

from typing import Final

import click

from modelbox.cli.groups import ObjectCommand
from modelbox.cli.pointing import with_object
from modelbox.cli.values import read_pairs
from modelbox.client import ModelBox


@click.command(cls=ObjectCommand, epilog="Example: modelbox client labels --id ID env=prod privacy=high --remove old")
@click.argument("labels", nargs=-1, metavar="NAME=VALUE...")
@click.option("--remove", multiple=True, metavar="NAME", help="Take this label away. Repeatable.")
@with_object()
def set_labels(client: ModelBox, *, object_id: str, labels: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Write labels of an object, or take some away; others stay as they are."""
    if not (labels or remove):
        raise click.UsageError("give labels as NAME=VALUE, or --remove NAME")
    client.object(object_id).update(labels=read_pairs(labels, what="label"), remove_labels=remove)


COMMAND: Final = set_labels

"""`modelbox client lineage`."""

from dataclasses import asdict
from typing import Final

import click

from modelbox.cli.common import output_option
from modelbox.cli.groups import ObjectCommand
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.pointing import with_object
from modelbox.cli.rows import edge_rows
from modelbox.client import ModelBox
from modelbox.lineage import Direction


@click.command(cls=ObjectCommand, epilog="Example: modelbox client lineage --id ID --direction upstream")
@click.option(
    "--direction",
    type=click.Choice([direction.value for direction in Direction]),
    default=Direction.BOTH.value,
    show_default=True,
    help="What it was made with, what was made with it, or both.",
)
@click.option("--depth", type=click.IntRange(min=0), default=0, help="At most so many steps away. Default: any number.")
@output_option
@with_object()
def lineage(client: ModelBox, *, object_id: str, direction: str, depth: int, output: str) -> None:
    """Print what an object was made with and what was made with it."""
    found = client.object(object_id).lineage(direction, depth=depth)
    if output == "json":
        print_object(asdict(found), output=output)
        return
    print_rows(edge_rows(found), columns=("made_with", "relation", "made"), output=output, what="lineage")
    if found.truncated:
        click.echo("there is more: ask with a smaller --depth, or from an object further on", err=True)


COMMAND: Final = lineage

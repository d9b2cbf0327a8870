"""`modelbox report`."""

from typing import Final

import click

from modelbox.cli.groups import ObjectCommand
from modelbox.cli.pointing import read_any, with_object
from modelbox.client import ModelBox


@click.command(
    cls=ObjectCommand,
    epilog="\b\nExamples:\n  modelbox report RUN > run.html\n"
    "  modelbox report --namespace vision --model digits --tag production > digits.html",
)
@with_object()
def report(client: ModelBox, *, object_id: str) -> None:
    """Print an object, such as a run with its metrics as plots, as one file of HTML that needs no server."""
    # Loaded when it is used: few commands draw.
    from modelbox.display.page import Html, document

    shown = read_any(client, object_id)
    name = getattr(shown, "name", "") or shown.id
    click.echo(document(f"{type(shown).__name__} {name}", Html(shown._repr_html_())))  # what a notebook shows


COMMAND: Final = report

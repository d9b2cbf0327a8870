"""`modelbox client hyperparameters`."""

from typing import Final

import click

from modelbox.cli.common import output_option
from modelbox.cli.groups import ListingGroup
from modelbox.cli.keeping import with_reported_object
from modelbox.cli.output import json_text, print_object, print_rows
from modelbox.cli.pointing import with_object
from modelbox.cli.values import read_values
from modelbox.client import ModelBox


@click.group(cls=ListingGroup)
def hyperparameters() -> None:
    """Record and list the hyperparameters of an object."""


@hyperparameters.command("log", epilog="Example: modelbox client hyperparameters log --id ID lr=0.01 optimizer=adam")
@click.argument("params", nargs=-1, required=True, metavar="NAME=VALUE...")
@with_reported_object
def log_hyperparameters(client: ModelBox, *, object_id: str, params: tuple[str, ...]) -> None:
    """Record hyperparameters. A VALUE is JSON; text that is no JSON is a string.

    While the server is away they are kept in the journal, and sent later.
    """
    client.object(object_id).log_hyperparameters(read_values(params, what="param"))


@hyperparameters.command("list", epilog="Example: modelbox client hyperparameters list --id ID --output json")
@output_option
@with_object()
def list_hyperparameters(client: ModelBox, *, object_id: str, output: str) -> None:
    """Print all hyperparameters of an object by name."""
    found = client.object(object_id).hyperparameters()
    if output == "json":
        print_object(found, output=output)
        return
    rows = [{"name": name, "value": json_text(value)} for name, value in sorted(found.items())]
    print_rows(rows, columns=("name", "value"), output=output, what="hyperparameters")


COMMAND: Final = hyperparameters

"""`modelbox client models`."""

from typing import Any, Final

import click

from modelbox.cli.common import (
    created_output_option,
    list_options,
    namespace_option,
    output_option,
    recursive_option,
    with_client,
)
from modelbox.cli.groups import Group
from modelbox.cli.history import history_options, print_history
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.pointing import with_one
from modelbox.cli.rows import row_of, rows_of
from modelbox.cli.telling import print_created, told
from modelbox.cli.values import (
    DescriptionCommand,
    label_option,
    metadata_option,
    read_pairs,
    read_values,
    track_option,
)
from modelbox.client import ModelBox
from modelbox.kinds.model import Model
from modelbox.transfer.tracking import TrackedFile

_COLUMNS = ("id", "name", "owner", "task", "description", "labels", "created_at")


@click.group(cls=Group)
def models() -> None:
    """Create, list and show models."""


@models.command(
    cls=DescriptionCommand,
    epilog="Example: modelbox client models create --namespace langtech --name wav2vec --owner a@b.org --task asr",
)
@click.option("--name", required=True, help="The name, unique in the namespace.")
@click.option("--owner", default="", help="Who answers for it, such as an e-mail address.")
@click.option("--task", default="", help="What it is for, such as asr.")
@click.option("--description", default="", help="A description.")
@namespace_option
@metadata_option
@label_option
@track_option
@created_output_option
@with_client
def create(
    client: ModelBox,
    *,
    metadata: tuple[str, ...],
    labels: tuple[str, ...],
    track: list[TrackedFile],
    output: str,
    **of: Any,
) -> None:
    """Create a model and print it; one that exists already is printed as it is."""
    model = client.new_model(
        **of,
        artifacts=track,
        metadata=read_values(metadata, what="metadata"),
        labels=read_pairs(labels, what="label"),
    )
    print_created(model, output=output)


@models.command(
    "list",
    epilog="""Example: modelbox client models list --namespace langtech --recursive --filter 'task = "asr"'""",
)
@namespace_option
@recursive_option
@list_options
@output_option
@with_client
def list_models(client: ModelBox, *, output: str, **which: Any) -> None:
    """List the models of a namespace, newest first."""
    print_rows(rows_of(client.models(**which)), columns=_COLUMNS, output=output, what="models")


@models.command(epilog="Example: modelbox client models show wav2vec --namespace langtech")
@output_option
@with_one("model")
def show(_client: ModelBox, model: Model, *, output: str) -> None:
    """Show one model with its metadata."""
    print_object(told({**row_of(model), "metadata": model.metadata()}, output), output=output)


@models.command(epilog="Example: modelbox client models history wav2vec --namespace langtech")
@history_options
@with_one("model")
def history(_client: ModelBox, model: Model, **which: Any) -> None:
    """Print who changed a model, its versions and their unique tags, and when, newest first."""
    print_history(model, **which)


COMMAND: Final = models

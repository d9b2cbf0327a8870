"""`modelbox client checkpoints`."""

from typing import Any, Final

import click

from modelbox.cli.common import (
    created_output_option,
    list_options,
    model_options,
    output_option,
)
from modelbox.cli.groups import Group
from modelbox.cli.naming import find_named, kind_of
from modelbox.cli.output import print_rows
from modelbox.cli.pointing import with_object, with_one
from modelbox.cli.progress import transfer_progress
from modelbox.cli.rows import row_of, rows_of
from modelbox.cli.telling import print_created
from modelbox.cli.values import (
    DescriptionCommand,
    label_option,
    metadata_option,
    read_pairs,
    read_values,
)
from modelbox.client import ModelBox
from modelbox.kinds.checkpoint import Checkpoint, HasCheckpoints
from modelbox.kinds.model import MODELS
from modelbox.readable import metric_order

_COLUMNS = ("id", "epoch", "step", "run_id", "metric_values", "labels", "created_at")


_OWNERS = ("run", "experiment")


def _owner(client: ModelBox, object_id: str) -> HasCheckpoints:
    """Return the run or experiment with this id."""
    return client.run(object_id) if kind_of(client, object_id) == "run" else client.experiment(object_id)


@click.group(cls=Group)
def checkpoints() -> None:
    """Create and list checkpoints, and promote them to model versions."""


@checkpoints.command(
    epilog="Example: modelbox client checkpoints create --experiment-id ID --epoch 3 --path epoch3.ckpt --upload"
)
@click.option("--epoch", type=click.IntRange(min=0), help="The epoch that it was taken after.")
@click.option("--step", type=click.IntRange(min=0), help="Instead of the epoch, the step that it was taken at.")
@click.option("--path", "paths", multiple=True, metavar="PATH", help="A file, folder or URI of it. Repeatable.")
@click.option("--upload", is_flag=True, help="Upload the files, instead of only recording where they are.")
@click.option("--metric", "metrics", multiple=True, metavar="KEY=NUMBER", help="A metric. Repeatable.")
@metadata_option
@label_option
@created_output_option
@with_object(*_OWNERS, id_names=("--id",))
def create(
    client: ModelBox,
    *,
    object_id: str,
    paths: tuple[str, ...],
    upload: bool,
    metrics: tuple[str, ...],
    metadata: tuple[str, ...],
    labels: tuple[str, ...],
    output: str,
    epoch: int | None,
    step: int | None,
) -> None:
    """Create a checkpoint and print it; one of this epoch or step that exists already is printed as it is."""
    if (epoch is None) == (step is None):
        raise click.UsageError("give either --epoch or --step")
    checkpoint = _owner(client, object_id).new_checkpoint(
        epoch,
        read_values(metrics, what="metric"),
        step=step,
        artifacts=() if upload else paths,
        metadata=read_values(metadata, what="metadata"),
        labels=read_pairs(labels, what="label"),
    )
    if upload and paths:
        with transfer_progress() as on_progress:
            checkpoint.upload_artifact(paths, on_progress=on_progress)
    print_created(checkpoint, output=output)


@checkpoints.command("list", epilog="Example: modelbox client checkpoints list --experiment-id ID")
@list_options
@output_option
@with_object(*_OWNERS, id_names=("--id",))
def list_checkpoints(client: ModelBox, *, object_id: str, output: str, **which: Any) -> None:
    """List the checkpoints of an experiment with those of its runs, or of one run, by epoch, then step."""
    owner = _owner(client, object_id)
    found = owner.checkpoints(**which)
    if output in ("json", "csv"):
        print_rows(rows_of(found), columns=_COLUMNS, output=output)
        return
    # A metric a column: numbers beside each other, none cut.
    keys = metric_order(key for one in found for key in one.metric_values)
    columns = [f"metrics.{key}" for key in keys]
    rows = [
        {**row_of(one), **{column: one.metric_values.get(key) for column, key in zip(columns, keys, strict=True)}}
        for one in found
    ]
    names = ("id", "epoch", "step", *columns, "run_id", "labels", "created_at")
    print_rows(rows, columns=names, output=output, what="checkpoints")


@checkpoints.command(
    cls=DescriptionCommand,
    epilog="Example: modelbox client checkpoints promote --id ID --namespace langtech --model wav2vec "
    "--unique-tag candidate",
)
@model_options
@click.option("--version", default="", help="Unique in the model. Default: the next whole number.")
@click.option("--name", default="", help="The model version's name. Default: the model's.")
@click.option("--description", default="", help="A description.")
@click.option("--unique-tag", "unique_tags", multiple=True, help="A tag only one version may have. Repeatable.")
@click.option("--move-tags", is_flag=True, help="Take the unique tags from the versions that hold them.")
@metadata_option
@label_option
@created_output_option
@with_one("checkpoint")
def promote(
    client: ModelBox,
    checkpoint: Checkpoint,
    *,
    model: str,
    namespace: str,
    metadata: tuple[str, ...],
    labels: tuple[str, ...],
    output: str,
    **of: Any,
) -> None:
    """Make a model version of a checkpoint, with its files, metrics and metadata, and print it."""
    version = checkpoint.promote(
        find_named(client, MODELS, model, namespace),
        **of,
        metadata=read_values(metadata, what="metadata"),
        labels=read_pairs(labels, what="label"),
    )
    print_created(version, output=output)


COMMAND: Final = checkpoints

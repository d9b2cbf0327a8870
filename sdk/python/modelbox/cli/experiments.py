"""`modelbox client experiments`."""

from typing import Any

import click

from modelbox.cli.common import (
    experiment_options,
    framework_option,
    list_options,
    namespace_option,
    output_option,
    recursive_option,
    with_client,
)
from modelbox.cli.naming import Id, find_experiment
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.rows import created_row, row_of, rows_of
from modelbox.cli.values import DescriptionCommand, label_option, metadata_option, read_pairs, read_values
from modelbox.client import ModelBox

_COLUMNS = ("id", "name", "owner", "framework", "task", "labels", "created_at")


@click.group()
def experiments() -> None:
    """Create, list and show experiments."""


@experiments.command(
    cls=DescriptionCommand,
    epilog="Example: modelbox client experiments create --namespace langtech --owner your@email.com --name wav2vec-lid "
    "--framework pytorch",
)
@click.option("--name", required=True, help="The name, unique in the namespace.")
@click.option("--owner", default="", help="Who answers for it, such as an e-mail address.")
@namespace_option
@framework_option
@click.option("--task", default="", help="What it is for, such as asr.")
@click.option("--description", default="", help="A description.")
@click.option("--external-id", default="", help="The id of the same thing in another tracker.")
@click.option("--parent-id", "parent", type=Id("experiment"), default="", help="The experiment that it belongs to.")
@metadata_option
@label_option
@output_option
@with_client
def create(client: ModelBox, *, metadata: tuple[str, ...], labels: tuple[str, ...], output: str, **of: Any) -> None:
    """Create an experiment and print it; one that exists already is printed as it is."""
    experiment = client.new_experiment(
        **of, metadata=read_values(metadata, what="metadata"), labels=read_pairs(labels, what="label")
    )
    print_object(created_row(experiment), output=output)


@experiments.command(
    "list",
    epilog="""Example: modelbox client experiments list --namespace langtech --filter 'metrics.val_acc.max > 0.9'""",
)
@namespace_option
@recursive_option
@list_options
@output_option
@with_client
def list_experiments(client: ModelBox, *, output: str, **which: Any) -> None:
    """List the experiments of a namespace, newest first."""
    print_rows(
        rows_of(client.experiments(**which, all_keys=output == "json")),
        columns=_COLUMNS,
        output=output,
        what="experiments",
    )


@experiments.command(epilog="Example: modelbox client experiments show --namespace langtech --experiment wav2vec-lid")
@click.option("--id", "experiment_id", default="", help="The experiment's id.")
@experiment_options
@output_option
@with_client
def show(client: ModelBox, *, experiment_id: str, experiment: str, namespace: str, output: str) -> None:
    """Show one experiment with its metadata."""
    found = find_experiment(client, experiment_id or experiment, namespace)
    print_object({**row_of(found), "metadata": found.metadata()}, output=output)

"""`modelbox client experiments`."""

from typing import Any, Final

import click

from modelbox.cli.common import (
    created_output_option,
    framework_option,
    list_options,
    namespace_option,
    output_option,
    recursive_option,
    with_client,
)
from modelbox.cli.groups import Group
from modelbox.cli.naming import Id
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.pointing import with_one
from modelbox.cli.rows import listed_rows, row_of
from modelbox.cli.telling import print_created, told
from modelbox.cli.values import DescriptionCommand, label_option, metadata_option, read_pairs, read_values
from modelbox.client import ModelBox
from modelbox.kinds.experiment import Experiment

_COLUMNS = ("id", "name", "owner", "framework", "task", "labels", "created_at")


@click.group(cls=Group)
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
@click.option(
    "--parent", "--parent-id", "parent", type=Id("experiment"), default="", help="The experiment that it belongs to."
)
@metadata_option
@label_option
@created_output_option
@with_client
def create(client: ModelBox, *, metadata: tuple[str, ...], labels: tuple[str, ...], output: str, **of: Any) -> None:
    """Create an experiment and print it; one that exists already is printed as it is."""
    experiment = client.new_experiment(
        **of, metadata=read_values(metadata, what="metadata"), labels=read_pairs(labels, what="label")
    )
    print_created(experiment, output=output)


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
        listed_rows(client.experiments(**which, all_keys=output in ("json", "csv")), output),
        columns=_COLUMNS,
        output=output,
        what="experiments",
    )


@experiments.command(epilog="Example: modelbox client experiments show wav2vec-lid --namespace langtech")
@output_option
@with_one("experiment")
def show(_client: ModelBox, experiment: Experiment, *, output: str) -> None:
    """Show one experiment with its metadata."""
    print_object(told({**row_of(experiment), "metadata": experiment.metadata()}, output), output=output)


COMMAND: Final = experiments

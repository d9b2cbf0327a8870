"""`modelbox client datasets`."""

from typing import Any

import click

from modelbox.cli.common import list_options, namespace_option, output_option, recursive_option, with_client
from modelbox.cli.naming import Id
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.rows import row_of, rows_of
from modelbox.client import ModelBox

_COLUMNS = ("id", "name", "location", "digest", "row_count", "column_count", "created_at")


@click.group()
def datasets() -> None:
    """List and show datasets."""


@datasets.command("list", epilog="Example: modelbox client datasets list --namespace langtech --recursive")
@namespace_option
@recursive_option
@list_options
@output_option
@with_client
def list_datasets(client: ModelBox, *, output: str, **which: Any) -> None:
    """List the datasets of a namespace, newest first."""
    print_rows(rows_of(client.datasets(**which)), columns=_COLUMNS, output=output, what="datasets")


@datasets.command(epilog="Example: modelbox client datasets show --id ID")
@click.option("--id", "dataset_id", type=Id("dataset"), required=True, help="The dataset's id.")
@output_option
@with_client
def show(client: ModelBox, *, dataset_id: str, output: str) -> None:
    """Show one dataset with its columns and metadata."""
    dataset = client.dataset(dataset_id)
    print_object({**row_of(dataset), "metadata": dataset.metadata()}, output=output)

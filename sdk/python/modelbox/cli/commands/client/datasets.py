"""`modelbox client datasets`."""

from typing import Any, Final

import click

from modelbox.cli.common import list_options, namespace_option, output_option, recursive_option, with_client
from modelbox.cli.groups import Group
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.pointing import with_one
from modelbox.cli.rows import row_of, rows_of
from modelbox.cli.telling import told
from modelbox.client import ModelBox
from modelbox.kinds.dataset import Dataset

_COLUMNS = ("id", "name", "location", "digest", "row_count", "column_count", "created_at")


@click.group(cls=Group)
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


@datasets.command(epilog="Example: modelbox client datasets show ID")
@output_option
@with_one("dataset")
def show(_client: ModelBox, dataset: Dataset, *, output: str) -> None:
    """Show one dataset with its columns and metadata."""
    print_object(told({**row_of(dataset), "metadata": dataset.metadata()}, output), output=output)


COMMAND: Final = datasets

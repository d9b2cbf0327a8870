"""`modelbox client namespaces`, and `modelbox client list`: what is in one."""

from collections.abc import Iterable
from typing import Any

import click

from modelbox.cli.common import limit_option, namespace_option, output_option, recursive_option, with_client
from modelbox.cli.output import Row, print_rows
from modelbox.cli.rows import rows_of
from modelbox.client import ModelBox

_COLUMNS = ("name", "experiments", "models", "datasets", "created_at", "updated_at")
_LISTED = ("kind", "id", "namespace", "name", "owner", "created_at")


@click.command(epilog="Example: modelbox client namespaces")
@limit_option
@output_option
@with_client
def namespaces(client: ModelBox, *, limit: int | None, output: str) -> None:
    """List the namespaces that hold anything, by name."""
    print_rows(rows_of(client.namespaces(limit=limit)), columns=_COLUMNS, output=output, what="namespaces")


@click.command("list", epilog="Example: modelbox client list --namespace langtech --recursive")
@namespace_option
@recursive_option
@click.option("--include-deleted", is_flag=True, help="Also the deleted ones.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many of each kind. Default: all.")
@output_option
@with_client
def list_everything(client: ModelBox, *, output: str, **which: Any) -> None:
    """List everything in a namespace: its experiments, models and datasets, each newest first."""
    # In JSON with all that they have; a table does not need their metrics, which would take a call each.
    is_whole = output == "json"
    rows = [
        *_of_kind("experiment", client.experiments(**which, all_keys=is_whole), is_whole=is_whole),
        *_of_kind("model", client.models(**which), is_whole=is_whole),
        *_of_kind("dataset", client.datasets(**which), is_whole=is_whole),
    ]
    print_rows(rows, columns=_LISTED, output=output, what="experiments, models or datasets")


def _of_kind(kind: str, objects: Iterable[Any], *, is_whole: bool) -> Iterable[Row]:
    for row in rows_of(objects):
        names = [name for name in row if is_whole or name in (*_LISTED, "deleted_at")]
        # What a kind has no field for, a dataset's owner, stays empty.
        yield {"kind": kind, "owner": "", **{name: row[name] for name in names}}

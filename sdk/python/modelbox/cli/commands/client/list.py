"""`modelbox client list`: what is in a namespace."""

from collections.abc import Iterable
from typing import Any, Final

import click

from modelbox.cli.common import namespace_option, output_option, recursive_option, with_client
from modelbox.cli.naming import listed
from modelbox.cli.output import Row, print_rows
from modelbox.cli.rows import listed_rows
from modelbox.client import ModelBox
from modelbox.objects import Kind
from modelbox.registry import KINDS

_LISTED = ("kind", "id", "namespace", "name", "owner", "created_at")


def _kinds() -> list[Kind[Any]]:
    """Return the kinds whose objects stand in a namespace by themselves, those first that others are parts of."""
    wholes = {kind.part_of for kind in KINDS.values()}
    alone = [kind for kind in KINDS.values() if kind.is_named and not kind.part_of]
    return sorted(alone, key=lambda kind: kind.name not in wholes)


*_most, _last = [f"{kind.name}s" for kind in _kinds()]


@click.command(
    "list",
    help=f"List everything in a namespace: its {', '.join(_most)} and {_last}, each newest first.",
    epilog="Example: modelbox client list --namespace langtech --recursive",
)
@namespace_option
@recursive_option
@click.option("--include-deleted", is_flag=True, help="Also the deleted ones.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many of each kind. Default: all.")
@output_option
@with_client
def list_everything(client: ModelBox, *, namespace: str, output: str, **which: Any) -> None:
    """List everything in a namespace, each kind newest first."""
    rows = [row for kind in _kinds() for row in _rows(client, kind, namespace, which, output=output)]
    print_rows(rows, columns=_LISTED, output=output, what=f"{', '.join(_most)} or {_last}")


def _rows(client: ModelBox, kind: Kind[Any], namespace: str, which: dict[str, Any], *, output: str) -> Iterable[Row]:
    # For programs with all that they have; a table does not need their metrics, which would take a call each.
    is_whole = output in ("json", "csv")
    keys = {"all_keys": is_whole} if kind.has_keys else {}
    for row in listed_rows(listed(client, kind, namespace, which | keys), output):
        names = [name for name in row if is_whole or name in (*_LISTED, "deleted_at")]
        # What a kind has no field for, such as an owner, stays empty.
        yield {"kind": kind.name, "owner": "", **{name: row[name] for name in names}}


COMMAND: Final = list_everything

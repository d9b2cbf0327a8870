"""One object as people read it: what one came for first, metrics in short, nothing that says nothing.

Must not know: any command.
"""

from collections.abc import Mapping
from typing import Any, Final

import click

from modelbox.cli.common import ID_ALONE
from modelbox.cli.output import Row, number, print_object
from modelbox.cli.rows import created_row
from modelbox.cli.run_columns import took
from modelbox.readable import metric_order

_FIRST: Final = ("name", "status", "reason", "started_at", "ended_at")
_APART: Final = ("source", "metadata", "metric_summaries", "metric_values", "params")
_PARTS: Final = ("latest", "min", "max", "step", "points")


def for_people(row: Row, *, packages: bool = False) -> Row:
    """Return an object's fields with what one came for first, and without the packages unless they are asked for."""
    source = dict(row.get("source") or {})
    installed = source.pop("dependencies", {})
    if not source.get("repository"):
        # Without one there is nothing that could be clean.
        source = {name: value for name, value in source.items() if name != "dirty" or value}
    first = {name: row[name] for name in _FIRST if name in row}
    if "started_at" in row:
        first["duration"] = took(row["started_at"], row["ended_at"])
    told = {
        **first,
        **{f"metrics.{key}": value for key, value in _metrics(row).items()},
        **{f"params.{name}": value for name, value in row.get("params", {}).items()},
        **{f"metadata.{key}": value for key, value in row.get("metadata", {}).items()},
        **{name: row[name] for name in row if name not in (*_FIRST, *_APART)},
        **{f"source.{name}": value for name, value in source.items()},
    }
    return {**told, **{f"packages.{name}": version for name, version in installed.items()}} if packages else told


def told(row: Row, output: str) -> Row:
    """Return an object's fields as `--output` is to have them: JSON has them as they are."""
    return row if output == "json" else for_people(row)


def print_created(value: Any, *, output: str) -> None:
    """Print an object that a command created or found; people read `exists` where it was there."""
    if output == ID_ALONE:
        click.echo(value.id)
        return
    row = created_row(value)
    if output == "json":
        print_object(row, output=output)
        return
    tells_new = value.exists or output == "csv"
    print_object({name: one for name, one in for_people(row).items() if name != "exists" or tells_new}, output=output)


def _metrics(row: Row) -> Mapping[str, Any]:
    summaries, values = row.get("metric_summaries", {}), row.get("metric_values", {})
    return {
        key: _in_short(summaries[key]) if key in summaries else values[key]
        for key in metric_order({*summaries, *values})
    }


def _in_short(summary: Mapping[str, Any]) -> str:
    parts = {
        name: number(summary[name]) if isinstance(summary[name], float) else f"{summary[name]:,}" for name in _PARTS
    }
    return "{latest}  (min {min}, max {max}, step {step}, points {points})".format_map(parts)

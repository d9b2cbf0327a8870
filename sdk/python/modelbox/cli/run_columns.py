"""The columns that a list of runs can have, and the tree of nested runs."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

import click

from modelbox.cli.output import Row, number
from modelbox.cli.rows import row_of
from modelbox.runs import Run

RUN_COLUMNS: Final = ("id", "name", "status", "owner", "comment", "started_at", "ended_at")
"""Those of a list, unless others are chosen."""

_GROUPS: Final = ("metrics", "params", "labels")
_PARTS: Final = ("latest", "min", "max", "step", "points")
_OWN: Final = (
    *("id", "name", "status", "owner", "comment", "reason", "namespace", "experiment_id", "parent_id", "parent"),
    *("started_at", "ended_at", "last_heard_of_at", "duration", "created_at", "updated_at", "deleted_at"),
)
_FIRST: Final = ("name", "status", "reason", "started_at", "ended_at")
_APART: Final = ("source", "metadata", "metric_summaries", "params")
_NEAREST: Final = 3


def chosen_columns(given: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that `--columns` names, separated by commas; a name with a comma stands in quotes.

    Raises:
        click.BadParameter: There is no such column.
    """
    names = [name.strip() for line in csv.reader(given, skipinitialspace=True) for name in line if name.strip()]
    for name in names:
        group, dot, key = name.partition(".")
        if not (name in (*_OWN, *_GROUPS) or (group in _GROUPS and dot and key)):
            problem = f"there is no column {name[:80]!r}; there are {', '.join(_OWN)}, and metrics, params and labels"
            raise click.BadParameter(f"{problem}, all or one (metrics.loss, metrics.loss.min, params.lr)")
    return tuple(names)


def need_keys(columns: Iterable[str]) -> bool:
    """Tell whether columns show metrics or hyperparameters."""
    return any(column.partition(".")[0] in ("metrics", "params") for column in columns)


def run_rows(runs: Sequence[Run], columns: Sequence[str], *, tree: bool) -> tuple[list[Row], tuple[str, ...]]:
    """Return the runs as rows of these columns, and the columns with all keys of those that were meant together.

    Args:
        tree: Each run below the one that it is part of, its name indented.
    """
    names = {run.id: run.name for run in runs}
    columns = tuple(one for column in columns for one in (_all_of(column, runs) if column in _GROUPS else (column,)))
    nested = _nested(runs) if tree else ((run, "") for run in runs)
    rows: list[Row] = []
    for run, branch in nested:
        row = {column: _cell(run, column, names) for column in columns}
        if branch:
            row["name"] = f"{branch}{run.name}"
        # A table says which are deleted.
        rows.append({**row, "deleted_at": run.deleted_at} if run.deleted_at else row)
    return rows, columns


def run_for_people(row: Row, *, packages: bool = False) -> Row:
    """Return a run's fields with what one came for first, and without the packages unless they are asked for."""
    source = dict(row["source"] or {})
    installed = source.pop("dependencies", {})
    told = {
        **{name: row[name] for name in _FIRST},
        "duration": _took(row["started_at"], row["ended_at"]),
        **{f"metrics.{key}": _in_short(summary) for key, summary in row["metric_summaries"].items()},
        **{f"params.{name}": value for name, value in row["params"].items()},
        **{f"metadata.{key}": value for key, value in row.get("metadata", {}).items()},
        **{name: row[name] for name in row if name not in (*_FIRST, *_APART)},
        **{f"source.{name}": value for name, value in source.items()},
    }
    return {**told, **{f"packages.{name}": version for name, version in installed.items()}} if packages else told


def tell_missing(rows: Sequence[Row], columns: Iterable[str], runs: Iterable[Run]) -> None:
    """Say on standard error which chosen metrics, hyperparameters and labels none of the runs has."""
    known = list(runs)
    for column in columns:
        group = column.partition(".")[0]
        if known and group in _GROUPS and all(row[column] is None for row in rows):
            near = get_close_matches(column, _all_of(group, known), n=_NEAREST)
            hint = f"; nearest: {', '.join(near)}" if near else ""
            click.echo(f"none of these runs has {column}{hint}", err=True)


def _all_of(group: str, runs: Iterable[Run]) -> tuple[str, ...]:
    return tuple(f"{group}.{key}" for key in sorted({key for run in runs for key in _held(run, group)}))


def _held(run: Run, group: str) -> Mapping[str, Any]:
    match group:
        case "metrics":
            return run.metric_summaries
        case "params":
            return run.params
        case _:
            return run.labels


def _cell(run: Run, column: str, names: Mapping[str, str]) -> Any:
    group, _, key = column.partition(".")
    if group == "metrics":
        return _metric(run, key)
    if group in _GROUPS:
        return _held(run, group).get(key)
    match column:
        case "parent":
            return names.get(run.parent_id, run.parent_id)
        case "duration":
            return _took(run.started_at, run.ended_at)
        case _:
            return row_of(run)[column]


def _took(started_at: datetime, ended_at: datetime | None) -> str | None:
    return None if ended_at is None else str(ended_at - started_at).partition(".")[0]


def _in_short(summary: Mapping[str, Any]) -> str:
    parts = {
        name: number(summary[name]) if isinstance(summary[name], float) else f"{summary[name]:,}" for name in _PARTS
    }
    return "{latest}  (min {min}, max {max}, step {step}, points {points})".format_map(parts)


def _metric(run: Run, key: str) -> Any:
    summary = run.metric_summaries.get(key)
    if summary is not None:
        return summary.latest
    # As in a filter: of a metric, its smallest or largest value; a key may end so too, and is looked for first.
    of, _, part = key.rpartition(".")
    summary = run.metric_summaries.get(of)
    return None if summary is None or part not in _PARTS else getattr(summary, part)


def _nested(runs: Sequence[Run]) -> Iterator[tuple[Run, str]]:
    """Return each run with the branch that it hangs on, children below their parents, in the order of the list."""
    listed = {run.id for run in runs}
    children: dict[str, list[Run]] = {}
    for run in runs:
        children.setdefault(run.parent_id if run.parent_id in listed else "", []).append(run)
    waiting = [(run, "", "") for run in reversed(children.get("", []))]
    while waiting:
        run, branch, below = waiting.pop()
        yield run, branch
        of = children.get(run.id, [])
        for at, child in reversed(list(enumerate(of))):
            is_last = at == len(of) - 1
            waiting.append(
                (
                    child,
                    below + ("\u2514\u2500 " if is_last else "\u251c\u2500 "),
                    below + ("   " if is_last else "\u2502  "),
                )
            )

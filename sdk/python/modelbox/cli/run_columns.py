"""The columns that a list of runs can have."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final

import click

from modelbox.cli.output import Row
from modelbox.cli.rows import row_of
from modelbox.kinds.run import Run
from modelbox.readable import SYSTEM, is_system, metric_order, most_common
from modelbox.values import Source

RUN_COLUMNS: Final = ("id", "name", "status", "owner", "comment", "started_at", "ended_at", "all")
"""Those of a list in CSV, unless others are chosen."""

_BEGIN: Final = ("id", "name", "status", "started_at", "duration")
_END: Final = ("owner", "comment")
_KEYS_MAX: Final = 3
"""So many metrics, and so many hyperparameters, stand in a table for which no columns are chosen."""

_GROUPS: Final = ("metrics", "params", "labels", "source")
_ALL: Final = "all"
_SOURCE: Final = tuple(one.name for one in fields(Source) if one.name != "dependencies")
_PARTS: Final = ("latest", "min", "max", "step", "points")
_OWN: Final = (
    *("id", "name", "status", "owner", "comment", "reason", "namespace", "experiment", "experiment_id"),
    *("parent", "parent_id", "external_id"),
    *("started_at", "ended_at", "last_heard_of_at", "duration", "created_at", "updated_at", "deleted_at"),
)
_NEAREST: Final = 3


def chosen_columns(given: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that `--columns` names, separated by commas; a name with a comma stands in quotes.

    Raises:
        click.BadParameter: There is no such column.
    """
    names = [name.strip() for line in csv.reader(given, skipinitialspace=True) for name in line if name.strip()]
    for name in names:
        group, dot, key = name.partition(".")
        if not (name in (*_OWN, *_GROUPS, _ALL) or (group in _GROUPS and dot and key)):
            there = ", ".join((*_OWN, _ALL))
            problem = f"there is no column {name[:80]!r}; there are {there}, and {', '.join(_GROUPS)}"
            raise click.BadParameter(f"{problem}, all or one (metrics.loss, metrics.loss.min, params.lr)")
    return tuple(names)


def need_keys(columns: Iterable[str]) -> bool:
    """Tell whether columns show metrics or hyperparameters."""
    return any(column.partition(".")[0] in ("metrics", "params", _ALL) for column in columns)


def columns_for_people(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return the columns of a table for which none are chosen, the most common metrics and hyperparameters in it."""
    several = [name for name in ("namespace", "experiment_id") if len({getattr(run, name) for run in runs}) > 1]
    where = tuple(name.removesuffix("_id") for name in several)
    metrics = [key for key in most_common([run.metric_summaries for run in runs]) if not is_system(key)]
    params = most_common([run.params for run in runs])
    keyed = (*(f"metrics.{key}" for key in metrics[:_KEYS_MAX]), *(f"params.{key}" for key in params[:_KEYS_MAX]))
    return (*_BEGIN[:2], *where, *_BEGIN[2:], *keyed, *_END)


def without_system(columns: Sequence[str], chosen: Iterable[str]) -> tuple[str, ...]:
    """Return the columns without metrics of the machine that nobody has named, and say so on standard error."""
    named = set(chosen)
    if _ALL in named:
        return tuple(columns)
    left_out = {one for one in columns if one not in named and is_system(one.removeprefix("metrics."))}
    if left_out:
        click.echo(f"left out {len(left_out)} metrics.{SYSTEM}…; --columns all, csv and json have them", err=True)
    return tuple(one for one in columns if one not in left_out)


def all_columns(runs: Sequence[Run], columns: Iterable[str]) -> tuple[str, ...]:
    """Return these columns with all keys of those that were meant together, each once."""
    meant: list[str] = []
    for column in columns:
        for group in (*_OWN, *reversed(_GROUPS)) if column == _ALL else (column,):
            meant += _all_of(group, runs) if group in _GROUPS else (group,)
    return tuple(dict.fromkeys(meant))


def run_rows(
    nested: Iterable[tuple[Run, str]], columns: Sequence[str], *, experiments: Mapping[str, str] | None = None
) -> list[Row]:
    """Return runs, each with the branch that it hangs on, as rows of these columns.

    Args:
        experiments: The names of their experiments by id, where a column has them.
    """
    nested = list(nested)
    names = {**(experiments or {}), **{run.id: run.name for run, _ in nested}}
    rows: list[Row] = []
    for run, branch in nested:
        row = {column: _cell(run, column, names) for column in columns}
        if branch:
            row["name"] = f"{branch}{run.name}"
        # A table says which are deleted.
        rows.append({**row, "deleted_at": run.deleted_at} if run.deleted_at else row)
    return rows


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
    return tuple(f"{group}.{key}" for key in metric_order(key for run in runs for key in _held(run, group)))


def _held(run: Run, group: str) -> Mapping[str, Any]:
    match group:
        case "metrics":
            return run.metric_summaries
        case "params":
            return run.params
        case "labels":
            return run.labels
        case _:
            # The packages would be a column each; JSON has them.
            return {} if run.source is None else {name: getattr(run.source, name) for name in _SOURCE}


def _cell(run: Run, column: str, names: Mapping[str, str]) -> Any:
    group, _, key = column.partition(".")
    if group == "metrics":
        return _metric(run, key)
    if group in _GROUPS:
        return _held(run, group).get(key)
    match column:
        case "parent":
            return names.get(run.parent_id, run.parent_id)
        case "experiment":
            return names.get(run.experiment_id, run.experiment_id)
        case "duration":
            return took(run.started_at, run.ended_at)
        case _:
            return row_of(run)[column]


def took(started_at: datetime, ended_at: datetime | None) -> timedelta | None:
    """Return how long a run took; None while it runs."""
    return None if ended_at is None else ended_at - started_at


def _metric(run: Run, key: str) -> Any:
    summary = run.metric_summaries.get(key)
    if summary is not None:
        return summary.latest
    # As in a filter: of a metric, its smallest or largest value; a key may end so too, and is looked for first.
    of, _, part = key.rpartition(".")
    summary = run.metric_summaries.get(of)
    return None if summary is None or part not in _PARTS else getattr(summary, part)

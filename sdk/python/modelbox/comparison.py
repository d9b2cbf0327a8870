"""Runs beside each other: what they have in common is left out, what differs stays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from modelbox.readable import metric_order
from modelbox.runs import Run

_OWN: Final = ("name", "status", "duration_s")


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Runs as a table: of each its name, status and duration, the hyperparameters that differ, its newest metrics.

    `columns` are in this order: the run's own, then `params.<name>`, then `metrics.<key>`, the
    machine's own (`system/…`) last.
    """

    runs: tuple[Run, ...]
    columns: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a run, with a value or None for each column; `duration_s` is in seconds."""
        return [{column: _cell(run, column) for column in self.columns} for run in self.runs]

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the columns with their values, in the order of the runs: what `pandas.DataFrame` takes."""
        rows = self.rows()
        return {column: [row[column] for row in rows] for column in self.columns}

    def __repr__(self) -> str:
        """Return the comparison as a table of text."""
        # Loaded when something is shown; few programs print.
        from modelbox.display.listing import text_table  # noqa: PLC0415  # see above

        return text_table(self.columns, (row.values() for row in self.rows()))

    def _repr_html_(self) -> str:
        """Show the comparison in a notebook, as a table."""
        # Loaded when something is shown; it knows every kind.
        from modelbox.display import html_of  # noqa: PLC0415  # see above

        return str(html_of(self))


def comparison_of(runs: Iterable[Run]) -> Comparison:
    """Put runs beside each other."""
    compared = tuple(runs)
    params = [name for name in _keys(run.params for run in compared) if _differs(compared, name)]
    metrics = metric_order(key for run in compared for key in run.metric_summaries)
    columns = (*_OWN, *(f"params.{name}" for name in params), *(f"metrics.{key}" for key in metrics))
    return Comparison(compared, columns)


def _keys(maps: Iterable[Iterable[str]]) -> list[str]:
    return sorted({key for keys in maps for key in keys})


def _differs(runs: tuple[Run, ...], name: str) -> bool:
    """Tell whether a hyperparameter is not the same in all runs. Values are any JSON, so they are shown to compare."""
    return len({repr(run.params[name]) if name in run.params else None for run in runs}) > 1


def _cell(run: Run, column: str) -> Any:
    group, _, key = column.partition(".")
    match group:
        case "params":
            return run.params.get(key)
        case "metrics":
            summary = run.metric_summaries.get(key)
            return None if summary is None else summary.latest
        case "duration_s":
            return None if run.ended_at is None else (run.ended_at - run.started_at).total_seconds()
        case "status":
            return run.status.name.lower()
        case _:
            return run.name

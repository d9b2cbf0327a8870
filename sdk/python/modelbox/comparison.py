"""Runs beside each other: what they have in common is left out, what differs stays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from modelbox.errors import InvalidFieldError
from modelbox.kinds.run import Run, RunCalls, took
from modelbox.limits import COMPARED_RUNS_MAX
from modelbox.logged_object import id_of
from modelbox.readable import metric_order
from modelbox.shown import Page, Table

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
        # Loaded when something is shown.
        from modelbox.display import html_of  # noqa: PLC0415  # see above

        compared = zip(self.runs, self.rows(), strict=True)
        columns = ["duration" if one == "duration_s" else one for one in self.columns]
        rows = [[took(run) if name == "duration_s" else row[name] for name in self.columns] for run, row in compared]
        return str(html_of(Page("Comparison", f"of {len(self.runs)} runs", Table(columns, rows))))


class ComparisonCalls(RunCalls):
    """What a client does with several runs at once."""

    def compare(self, runs: Iterable[Run | str]) -> Comparison:
        """Read runs, given themselves or by their ids, and put them beside each other.

        Raises:
            NotFoundError: One of them does not exist.
            InvalidFieldError: There are more than `limits.COMPARED_RUNS_MAX`.
        """
        ids = [id_of(f"runs[{index}]", run) for index, run in enumerate(runs)]
        if len(ids) > COMPARED_RUNS_MAX:
            raise InvalidFieldError.of("runs", f"{len(ids):,} runs; at most {COMPARED_RUNS_MAX:,} are compared")
        return comparison_of([self.run(run_id) for run_id in ids])


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

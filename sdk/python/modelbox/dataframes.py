"""Runs and series of metrics as tables of pandas, which is imported when one is asked for.

Must not know: how runs or points are read.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from modelbox.integrations.frameworks import framework
from modelbox.readable import metric_order
from modelbox.values import MetricPoint

if TYPE_CHECKING:
    from modelbox.runs import Run

_OWN: Final = ("id", "name", "status", "namespace", "experiment_id", "parent_id", "owner", "comment", "reason")
_TIMES: Final = ("started_at", "ended_at", "duration_s")


def runs_dataframe(runs: "Iterable[Run]") -> Any:
    """Return a `pandas.DataFrame` with a row a run, in their order.

    Its columns are the run's own, then `labels.<name>`, `params.<name>` and `metrics.<key>`, the newest number of each
    metric, every name that one of the runs has, the machine's own (`system/…`) last.

    Raises:
        MissingPackageError: pandas is not installed.
    """
    pandas = framework("pandas", install="pandas")
    rows = [_row_of(run) for run in runs]
    named = {column for row in rows for column in row if "." in column}
    keyed = [
        f"{group}.{key}"
        for group in ("labels", "params", "metrics")
        for key in metric_order(column.partition(".")[2] for column in named if column.startswith(f"{group}."))
    ]
    return pandas.DataFrame(rows, columns=[*_OWN, *_TIMES, *keyed])


def metrics_dataframe(series: Mapping[str, Iterable[MetricPoint]]) -> Any:
    """Return a `pandas.DataFrame` with a row a point: `key`, `step`, `time` and `value`.

    Raises:
        MissingPackageError: pandas is not installed.
    """
    pandas = framework("pandas", install="pandas")
    rows = [
        (key, point.step, datetime.fromtimestamp(point.wallclock, UTC), point.value)
        for key, points in series.items()
        for point in points
    ]
    return pandas.DataFrame(rows, columns=["key", "step", "time", "value"])


def _row_of(run: "Run") -> dict[str, Any]:
    ended = run.ended_at
    return {
        **{name: getattr(run, name) for name in _OWN},
        "status": run.status.name.lower(),
        "started_at": run.started_at,
        "ended_at": ended,
        "duration_s": None if ended is None else (ended - run.started_at).total_seconds(),
        **{f"labels.{name}": value for name, value in run.labels.items()},
        **{f"params.{name}": value for name, value in run.params.items()},
        **{f"metrics.{key}": summary.latest for key, summary in run.metric_summaries.items()},
    }

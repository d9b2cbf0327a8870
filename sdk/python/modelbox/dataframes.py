"""Objects and series of metrics as tables of pandas, which is imported when one is asked for.

Must not know: any kind of object.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from modelbox.integrations.frameworks import framework
from modelbox.readable import metric_order
from modelbox.values import MetricPoint


def keyed_dataframe(rows: Sequence[Mapping[str, Any]], own: Sequence[str]) -> Any:
    """Return a `pandas.DataFrame` of rows, in their order.

    Its columns are the objects' own, then `labels.<name>`, `params.<name>` and `metrics.<key>`, every name that one of
    the rows has, the machine's own (`system/…`) last.

    Args:
        own: The columns that every row has.

    Raises:
        MissingPackageError: pandas is not installed.
    """
    pandas = framework("pandas", install="pandas")
    named = {column for row in rows for column in row if "." in column}
    keyed = [
        f"{group}.{key}"
        for group in ("labels", "params", "metrics")
        for key in metric_order(column.partition(".")[2] for column in named if column.startswith(f"{group}."))
    ]
    return pandas.DataFrame(rows, columns=[*own, *keyed])


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

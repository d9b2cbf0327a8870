"""Tables of pandas."""

import hashlib
import json
import sys
from typing import Any, Final

from modelbox.capture.arrays import update_digest
from modelbox.capture.description import COLUMNS_MAX, Description, number, shown, top_values
from modelbox.foreign import asked, text_of, utf8
from modelbox.values import DatasetColumn

BLOCK_ROWS: Final = 256 * 1024
"""Rows of a column that are looked at at once."""


def is_table(data: object) -> bool:
    """Tell a DataFrame or Series of pandas."""
    pandas: Any = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, (pandas.DataFrame, pandas.Series))


def describe_table(data: Any, location: str) -> Description:
    """Describe a table, the index left out; a Series is a table of one column."""
    table = data if hasattr(data, "columns") else data.to_frame()
    digest = hashlib.sha256()
    for place in range(table.shape[1]):
        _update_digest(digest, text_of(table.columns[place]), table.iloc[:, place])
    columns = tuple(
        DatasetColumn(utf8(table.columns[place]), str(table.dtypes.iloc[place]), _told_of(table.iloc[:, place]))
        for place in range(min(table.shape[1], COLUMNS_MAX))
    )
    return Description(
        f"sha256:{digest.hexdigest()}",
        "of each column its name, type and values",
        columns=columns,
        row_count=int(table.shape[0]),
        column_count=int(table.shape[1]),
        location=location,
    )


def _update_digest(digest: "hashlib._Hash", name: str, column: Any) -> None:
    """Add a column: numbers and times as their bits, everything else as text, what is missing apart from both."""
    numpy: Any = sys.modules["numpy"]
    digest.update(json.dumps([name, str(column.dtype), len(column)]).encode())
    for start in range(0, len(column), BLOCK_ROWS):
        block = column.iloc[start : start + BLOCK_ROWS]
        if isinstance(block.dtype, numpy.dtype) and block.dtype.kind in "biufcmM":
            update_digest(digest, block.to_numpy())
        else:
            texts = block.astype("object")
            update_digest(digest, texts.where(block.notna(), None).to_numpy())


def _told_of(column: Any) -> dict[str, Any]:
    """Return what is known of a column's values: of values that cannot be compared or counted only their number."""
    numpy: Any = sys.modules["numpy"]
    with numpy.errstate(all="ignore"):  # a deviation of infinities is none
        return asked(lambda: _summary_of(column), {"count": len(column)})


def _summary_of(column: Any) -> dict[str, Any]:
    pandas: Any = sys.modules["pandas"]
    nulls = int(column.isna().sum())
    summary: dict[str, Any] = {"count": len(column) - nulls, "nulls": nulls}
    is_number = pandas.api.types.is_numeric_dtype(column) and not pandas.api.types.is_bool_dtype(column)
    if is_number and summary["count"] and getattr(column.dtype, "kind", "") != "c":
        for name in ("min", "max", "mean", "std"):
            value = getattr(column, name)()
            summary[name] = None if pandas.isna(value) else number(value)
    elif pandas.api.types.is_datetime64_any_dtype(column) and summary["count"]:
        summary |= {"min": shown(column.min()), "max": shown(column.max())}
    return summary | _counts_of(column)


def _counts_of(column: Any) -> dict[str, Any]:
    try:
        counts = column.value_counts()
    except TypeError:
        # Lists and dicts in a column cannot be counted by value.
        counts = column.map(utf8).value_counts()
    # Values that are equally frequent come in an order of their own, the same on every machine.
    frequent = sorted(counts.head(1_000).items(), key=lambda pair: (-pair[1], utf8(pair[0])))
    return {"distinct": len(counts), "top": top_values(frequent)}

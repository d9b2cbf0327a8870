"""Descriptions of whatever data there is: of what cannot be described its class, of what is too long the rest."""

import json
from collections.abc import Iterable
from os import PathLike, fspath
from typing import Final

from modelbox.capture.datasets import describe
from modelbox.capture.description import Description
from modelbox.errors import InvalidFieldError
from modelbox.foreign import asked, utf8
from modelbox.limits import NAME_CHARS_MAX
from modelbox.oddities import Oddities
from modelbox.values import DatasetColumn

SUMMARY_BYTES_MAX: Final = 16 * 1024
"""What is said of one column's values, as JSON, in bytes."""

COLUMNS_BYTES_MAX: Final = 440 * 1024
"""All columns as JSON, in bytes."""

_LISTS: Final = ("labels", "top")
"""What is left out first of a summary that is too long."""


def described_or_named(oddities: Oddities, data: object, location: str) -> Description:
    """Describe data; what cannot be described by its class and its place, without a digest.

    Raises:
        InvalidFieldError: It cannot be described; where strict.
    """
    try:
        return describe(data, location=location)
    except Exception as error:  # noqa: BLE001  # the data's own code, which may raise anything
        problem = f"{type(data).__name__} cannot be read: {type(error).__name__}: {utf8(error)[:200]}"
        refusal = error if isinstance(error, InvalidFieldError) else InvalidFieldError.of("data", problem)
        oddities.note("data that cannot be described", refusal, "it is registered by its class, without a digest")
    path = asked(lambda: fspath(data), "") if isinstance(data, (str, PathLike)) else ""
    return Description(
        "", "nothing: it could not be read", location=location or utf8(path), metadata={"class": type(data).__name__}
    )


def described_columns(oddities: Oddities, columns: Iterable[DatasetColumn]) -> list[DatasetColumn]:
    """Return columns as they can be kept: names and types within their bounds, summaries without what is too long."""
    kept: list[DatasetColumn] = []
    left = COLUMNS_BYTES_MAX
    for column in columns:
        summary, size = dict(column.summary), _size_of(column.summary)
        name, type_ = (utf8(text).replace("\0", "\ufffd")[:NAME_CHARS_MAX] for text in (column.name, column.type))
        named = len(name.encode()) + len(type_.encode()) + len("{}")
        if size > SUMMARY_BYTES_MAX or size + named > left:
            oddities.tell("long columns", f"columns[{name[:80]!r}]: it has too many or too long values to list them")
            summary = {key: value for key, value in summary.items() if key not in _LISTS}
            size = _size_of(summary)
        if size > SUMMARY_BYTES_MAX or size + named > left:
            summary, size = {}, 0
        if size + named > left:
            problem = f"{name[:80]!r} and the columns after it find no room"
            oddities.note("too many columns", InvalidFieldError.of("columns", problem), left_out=1)
            break
        left -= size + named
        kept.append(DatasetColumn(name, type_, summary))
    return kept


def _size_of(summary: object) -> int:
    # Refused later, and told, where it is no JSON.
    return asked(lambda: len(json.dumps(summary, ensure_ascii=False).encode(errors="replace")), 0)

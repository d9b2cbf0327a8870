"""What is known of a dataset, and how values are counted: shared by all kinds of data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modelbox.foreign import asked, utf8
from modelbox.values import DatasetColumn

COLUMNS_MAX: Final = 1_000
"""Columns that are described; a digest covers all."""

TOP_VALUES_MAX: Final = 10
"""Most frequent values in a column's summary."""

LABELS_MAX: Final = 100
"""Different values of an array that are counted as labels."""

VALUE_CHARS_MAX: Final = 100
"""A value shown in a summary, in characters."""


_INT_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Description:
    """Data without its name and content.

    `digest` is `sha256:` and hexadecimal digits, `digest_of` what it covers. `columns` has at most `COLUMNS_MAX` of
    the `column_count`. `metadata` is what else is known, such as the size of a file.
    """

    digest: str
    digest_of: str
    columns: tuple[DatasetColumn, ...] = ()
    row_count: int | None = None
    column_count: int | None = None
    location: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)


def top_values(counts: Iterable[tuple[object, int]]) -> list[list[Any]]:
    """Return the most frequent values with their counts, of values that come with the most frequent first."""
    return [[shown(value), int(count)] for (value, count), _ in zip(counts, range(TOP_VALUES_MAX), strict=False)]


def shown(value: object) -> Any:
    """Return a value as short JSON."""
    item = asked(lambda: getattr(value, "item", None), None)
    plain = asked(item, value) if callable(item) else value
    if plain is None or isinstance(plain, bool):
        return plain
    if isinstance(plain, int) and abs(plain) <= _INT_MAX:
        return int(plain)
    if isinstance(plain, float):
        return number(plain)
    text = utf8(plain).replace("\0", "\ufffd")
    return text if len(text) <= VALUE_CHARS_MAX else f"{text[:VALUE_CHARS_MAX]}…"


def number(value: Any) -> float | int | None:
    """Return a number as JSON has it: none for what is no number or infinite."""
    plain = float(value)
    if plain - plain != 0:  # NaN and the infinities
        return None
    return int(plain) if plain.is_integer() and abs(plain) < 2**53 else plain

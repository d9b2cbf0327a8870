"""What an object shows of itself, as plain values: facts, tables and series of metrics under titles.

Must not know: any kind of object.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, NamedTuple

from modelbox.values import MetricPoint

ID_CHARS: Final = 8
"""So much of an id is shown."""

_HIDDEN: Final = ("name", "exists")
"""Fields that are no facts: the one is the title, the other is of the creation."""


class Facts(NamedTuple):
    """Values by their names; those that say nothing are left out."""

    values: Mapping[str, object]


class Table(NamedTuple):
    """Rows under their columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


class Series(NamedTuple):
    """The points of metrics by their keys, each a plot."""

    points: Mapping[str, Sequence[MetricPoint]]


Content = Facts | Table | Series


class Section(NamedTuple):
    """Content under a title that folds it; left out where it is empty."""

    title: str
    content: Content
    is_open: bool = True


class Page(NamedTuple):
    """An object: of which kind, which, what is known of it, and sections, for which the server may be asked."""

    kind: str
    name: str
    content: Content
    sections: Callable[[], Iterable[Section]] = tuple


def facts_of(shown: Any) -> dict[str, object]:
    """Return the plain fields of an object by their names."""
    values = {field.name: getattr(shown, field.name) for field in fields(shown) if field.repr}
    return {name: _plain(value) for name, value in values.items() if name not in _HIDDEN}


def name_of(shown: Any) -> str:
    """Return an object's name, or its id in short."""
    return getattr(shown, "name", "") or short(shown.id)


def short(value: Any) -> str:
    """Return an id by its first digits."""
    return str(value)[:ID_CHARS]


def pairs(values: Mapping[str, Any]) -> str:
    """Return values with their names as one text."""
    return ", ".join(
        f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}" for name, value in values.items()
    )


def _plain(value: object) -> object:
    name = getattr(value, "name", None)
    if isinstance(value, Mapping):
        return pairs(value)
    return name.lower() if isinstance(name, str) else value

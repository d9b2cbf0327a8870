"""What a filter and an order are made of, once they are parsed.

Must not know: SQL, any kind of object.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

SHOWN_CHARS_MAX = 40
"""How much of a user's text an error repeats."""


class Operator(StrEnum):
    """How a field is compared. Each has its negation: `!=`, `not in`, `is not null` and so on."""

    EQUAL = "="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LIKE = "like"
    ILIKE = "ilike"
    IN = "in"
    IS_NULL = "is null"
    IS_NAN = "is nan"


class Part(NamedTuple):
    """One part of a field's path; `quoted` says that it stood in backticks."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field as it was written: `metrics.loss.max` has three parts. `position` is its first character, from 1."""

    parts: tuple[Part, ...]
    position: int

    def __str__(self) -> str:
        """Return it as errors show it."""
        return shown(".".join(part.text for part in self.parts))


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it was written. A number is an int if it was written without point and exponent."""

    value: str | int | float | bool
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with values: any number for `in`, none for `is null` and `is nan`, else one."""

    field: FieldPath
    operator: Operator
    negated: bool
    values: tuple[Literal, ...]
    position: int
    """Of the operator."""


@dataclass(frozen=True, slots=True)
class Not:
    """True where `term` is false."""

    term: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """True where all terms are."""

    terms: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True where one of the terms is."""

    terms: tuple["Node", ...]


Node: TypeAlias = Comparison | Not | And | Or
"""A filter."""


class OrderKey(NamedTuple):
    """A field to order by."""

    field: FieldPath
    descending: bool


def shown(text: str) -> str:
    """Return the beginning of a user's text."""
    return text if len(text) <= SHOWN_CHARS_MAX else f"{text[:SHOWN_CHARS_MAX]}…"

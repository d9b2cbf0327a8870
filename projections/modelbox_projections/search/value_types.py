"""The types as which a value can be compared, and which literals each can be compared with.

A label is text; a hyperparameter is text and, where it is a number, a number, and where it is true or false, that:
it has three types, and the literal that it is compared with chooses one.

Must not know: SQL, any kind of object.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias
from uuid import UUID

from modelbox_projections.search.syntax import Operator, shown

Value: TypeAlias = str | int | float | bool
"""What stands in a filter."""

_ORDERED: Final = frozenset(
    [
        Operator.EQUAL,
        Operator.LESS,
        Operator.LESS_OR_EQUAL,
        Operator.GREATER,
        Operator.GREATER_OR_EQUAL,
        Operator.IN,
    ]
)
_EQUAL: Final = frozenset([Operator.EQUAL, Operator.IN])
_LIKE: Final = frozenset([Operator.LIKE, Operator.ILIKE])
_TIME: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)


@dataclass(frozen=True, slots=True)
class ValueTypeRule:
    """What holds for one type of values.

    Attributes:
        noun: What it is, for errors.
        cast: Postgres's type of it.
        python_type: Python's type of it in a page token.
        operators: Which it can be compared by, beside `is null`.
        converted: From a literal to what Postgres is given; raises ValueError with the remedy.
    """

    noun: str
    cast: str
    python_type: Any
    operators: frozenset[Operator]
    converted: Callable[[Value], object]


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f'it is text; write "{_written(value)}" in quotes')


def _word(value: Value) -> str:
    return _text(value).lower()


def _id(value: Value) -> UUID:
    if isinstance(value, str):
        try:
            found = UUID(value)
        except ValueError:
            pass
        else:
            if str(found) == value.lower():
                return found
    raise ValueError(f"{shown(_written(value))!r} is no id; write it in quotes as a call returned it")


def _number(value: Value) -> float:
    if ValueType.NUMBER.suits(value):
        return float(value)
    raise ValueError(f"it is a number; write one without quotes, not {shown(_written(value))!r}")


def _whole(value: Value) -> Decimal:
    if ValueType.WHOLE.suits(value) and math.isfinite(float(value)):
        return Decimal(value)
    raise ValueError(f"it is a whole number; write one without quotes, not {shown(_written(value))!r}")


def _truth(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("write true or false without quotes")


def _time(value: Value) -> datetime:
    problem = f'{shown(_written(value))!r} is no time; write one as "2026-01-31T18:30:00Z" (RFC 3339) or "2026-01-31"'
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(problem)
    zone = (match["zone"] or "Z").upper().replace("Z", "+00:00")
    try:
        return datetime.fromisoformat(f"{match['day']}T{match['time'] or '00:00'}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(problem) from None


def _written(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class ValueType(Enum):
    """A type as which a value is compared.

    A word is text of which case says nothing, such as a status; a measure is a number that may be NaN.
    """

    TEXT = ValueTypeRule("text", "text", str, _ORDERED | _LIKE, _text)
    WORD = ValueTypeRule("a word", "text", str, _EQUAL | _LIKE, _word)
    ID = ValueTypeRule("an id", "uuid", UUID, _EQUAL, _id)
    NUMBER = ValueTypeRule("a number", "double precision", float, _ORDERED, _number)
    MEASURE = ValueTypeRule("a number", "double precision", float, _ORDERED | {Operator.IS_NAN}, _number)
    WHOLE = ValueTypeRule("a whole number", "numeric", int, _ORDERED, _whole)
    TIME = ValueTypeRule("a time", "timestamptz", datetime, _ORDERED, _time)
    TRUTH = ValueTypeRule("true or false", "boolean", bool, _EQUAL, _truth)

    def suits(self, value: Value) -> bool:
        """Tell whether a literal of this kind is compared as this type where a field has several."""
        match value:
            case bool():
                return self is ValueType.TRUTH
            case str():
                return self not in (ValueType.NUMBER, ValueType.MEASURE, ValueType.WHOLE, ValueType.TRUTH)
            case _:
                return self in (ValueType.NUMBER, ValueType.MEASURE, ValueType.WHOLE)

"""The fields of objects: how their values are compared, and where in the views they stand.

SQL about fields is written as templates in which `{at}` is the row that holds the value and `{key}` the parameter
that holds the key. Nothing that a user wrote is ever put into them.

Must not know: any kind of object.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modelbox_projections.limits import ORDER_CHARS_MAX
from modelbox_projections.search.value_types import ValueType


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL that gives a field's value as one type; `nullable` says that the SQL may be null."""

    type: ValueType
    sql: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Rows:
    """Where values stand that are not in the object's own row, and which rows are the object's."""

    table: str
    match: str


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field.

    Attributes:
        expressions: Its value as each type that it is compared as.
        sorts: By what it is ordered; nothing means that it cannot be.
        present: SQL that is true where there is a value; empty if there always is one.
        rows: Where it stands; None for the object's own row.
        keyed: Whether a key follows its name.
        choices: All values that a word can have, if they are few.
        names: A query of the keys that the object `held` has.
    """

    expressions: tuple[Expression, ...]
    sorts: tuple[Expression, ...]
    present: str = ""
    rows: Rows | None = None
    keyed: bool = False
    choices: tuple[str, ...] = ()
    names: str = ""


def column(value_type: ValueType, name: str, *, nullable: bool = False) -> FieldRule:
    """Return a field that is a column of the object's row."""
    expression = Expression(value_type, f"{{at}}.{name}", nullable)
    sort = beginning(expression.sql, nullable=nullable) if value_type is ValueType.TEXT else expression
    return FieldRule((expression,), (sort,), present=f"{{at}}.{name} IS NOT NULL" if nullable else "")


def beginning(sql: str, *, nullable: bool = True) -> Expression:
    """Return a text as objects are ordered by it."""
    return Expression(ValueType.TEXT, f"left({sql}, {ORDER_CHARS_MAX})", nullable)


def texts(*names: str) -> dict[str, FieldRule]:
    """Return fields that are columns of text."""
    return {name: column(ValueType.TEXT, name) for name in names}


def ids(*names: str, nullable: bool = False) -> dict[str, FieldRule]:
    """Return fields that are columns of ids of other objects."""
    return {name: column(ValueType.ID, name, nullable=nullable) for name in names}


def wholes(*names: str) -> dict[str, FieldRule]:
    """Return fields that are columns of whole numbers, which an object may not have."""
    return {name: column(ValueType.WHOLE, name, nullable=True) for name in names}


def word_of_any_case(name: str) -> FieldRule:
    """Return a field that is a column of words which some write in capitals, some not."""
    expression = Expression(ValueType.WORD, f'lower({{at}}.{name} COLLATE "C")', nullable=False)
    return FieldRule((expression,), (expression,))


def _json(table: str, key: str, *, number: str, names: str) -> FieldRule:
    """Return a field whose values are any JSON: a string is its text, anything else its JSON text."""
    text = "({at}.value #>> '{{}}')"
    expressions = (
        Expression(ValueType.NUMBER, number),
        Expression(ValueType.TEXT, text),
        Expression(ValueType.TRUTH, "CASE json_typeof({at}.value) WHEN 'boolean' THEN " + text + "::boolean END"),
    )
    sorts = (expressions[0], beginning(f"CASE WHEN {number} IS NULL THEN {text} END"))
    rows = Rows(f"modelbox_views.{table}", f"{{at}}.object_id = held.id AND {{at}}.{key} = {{key}}")
    return FieldRule(expressions, sorts, present=f"{text} IS NOT NULL", rows=rows, keyed=True, names=names)


def _metric(column: str) -> FieldRule:
    value = f"{{at}}.{column}"
    # Postgres sorts NaN above every number; whoever asks for the largest wants a number.
    sort = Expression(ValueType.MEASURE, f"nullif({value}, 'NaN')")
    match = "{at}.object_id = held.id AND {at}.key = {key} AND {at}.kind = 'double'"
    rows = Rows("modelbox_views.metric_series", match)
    names = (
        "SELECT own.key FROM modelbox_views.metric_series AS own WHERE own.object_id = held.id AND own.kind = 'double'"
    )
    expressions = (Expression(ValueType.MEASURE, value),)
    return FieldRule(expressions, (sort,), present=f"{value} IS NOT NULL", rows=rows, keyed=True, names=names)


def _label() -> FieldRule:
    expression = Expression(ValueType.TEXT, "({at}.labels ->> {key})")
    names = "SELECT jsonb_object_keys(held.labels)"
    return FieldRule(
        (expression,), (beginning(expression.sql),), present="{at}.labels ? {key}", keyed=True, names=names
    )


_METADATA_NUMBER: Final = (
    "CASE json_typeof({at}.value) WHEN 'number' THEN ({at}.value #>> '{{}}')::double precision END"
)
EVERY: Final[Mapping[str, FieldRule]] = {
    "id": column(ValueType.ID, "id"),
    "namespace": column(ValueType.TEXT, "namespace"),
    "created_at": column(ValueType.TIME, "created_at"),
    "updated_at": column(ValueType.TIME, "updated_at"),
    "deleted_at": column(ValueType.TIME, "deleted_at", nullable=True),
    "labels": _label(),
    "params": _json(
        "hyperparameters",
        "name",
        number="{at}.number",
        names="SELECT own.name FROM modelbox_views.hyperparameters AS own WHERE own.object_id = held.id",
    ),
    "metrics": _metric("latest"),
    "metadata": _json(
        "metadata",
        "key",
        number=_METADATA_NUMBER,
        names="SELECT own.key FROM modelbox_views.metadata AS own WHERE own.object_id = held.id",
    ),
}
"""The fields that every kind has."""

EVERY_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "created_at": ("creation_time", "created"),
    "updated_at": ("last_update_time", "updated"),
    "description": ("note", "notes"),
    "comment": ("note", "notes"),
}
"""Other words for fields that any kind may have, each without a key."""

METRIC_SUFFIXES: Final[Mapping[str, FieldRule]] = {
    "latest": _metric("latest"),
    "min": _metric("min"),
    "max": _metric("max"),
}
"""What a metric's key may end in, and what it means then."""

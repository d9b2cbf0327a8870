"""Which keys that a search names nothing in its scope has, and which there are: so that a slip of the pen is told.

Asked only where a search found nothing, or nothing to order by; what it reads is bounded, whatever the scope holds.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from modelbox_events.event import Kind
from modelbox_projections.errors import FilterError
from modelbox_projections.limits import MISSING_KEYS_MAX, NAMES_OBJECTS_MAX, NAMES_ROWS_MAX
from modelbox_projections.search.conditions import OWN, BoundField, Parameters
from modelbox_projections.search.fields import FieldRule
from modelbox_projections.search.kinds import KINDS, field_of
from modelbox_projections.search.parser import parse_filter, parse_order
from modelbox_projections.search.statement import Scope, Statement, scope_conditions
from modelbox_projections.search.syntax import And, Comparison, FieldPath, Node, Not, Or

_BARE: Final = re.compile(r"\w+(?:\.\w+)*")


class Named(NamedTuple):
    """A key that a search names: in its "filter" or "order_by", as it is written there, and of which field it is."""

    where: str
    text: str
    field: str
    rule: FieldRule
    key: str


class Missing(NamedTuple):
    """Something that a search names and that nothing in its scope has.

    `there_are` is what could have been meant: fields with their keys as a filter has them, in no order.
    """

    where: str
    name: str
    there_are: tuple[str, ...]


def named_keys(kind: Kind, *, filter: str, order_by: str) -> list[Named]:  # noqa: A002  # the wire's name
    """Return the keys that a filter and an order name, each once, at most `MISSING_KEYS_MAX`.

    Raises:
        FilterError: One of them cannot be understood.
    """
    node = parse_filter(filter)
    paths = [("filter", path) for path in ([] if node is None else _paths(node))]
    paths += [("order_by", key.field) for key in parse_order(order_by)]
    found: dict[tuple[str, str], Named] = {}
    for where, path in paths:
        rule, key = field_of(kind, path, where=where)
        if rule.keyed:
            text = ".".join(_quoted(part.text) for part in path.parts)
            found.setdefault((where, text), Named(where, text, path.parts[0].text, rule, key))
    return list(found.values())[:MISSING_KEYS_MAX]


def keys_meant(kind: Kind, error: FilterError) -> list[Named]:
    """Return the keys that were perhaps meant by a field that there is not."""
    fields = KINDS[kind].fields
    split = ((text, *text.split(".", maxsplit=1)) for text in error.meant if "." in text)
    return [Named(error.field, text, field, fields[field], key) for text, field, key in split if fields[field].keyed]


def occupancy(kind: Kind, scope: Scope, *, include_deleted: bool) -> Statement:
    """Return the statement that tells whether there is an object in the scope."""
    parameters = Parameters()
    conditions = scope_conditions(kind, scope, parameters, include_deleted=include_deleted)
    return _exists(kind, conditions, parameters)


def presence(kind: Kind, scope: Scope, named: Named, *, include_deleted: bool) -> Statement:
    """Return the statement that tells whether an object in the scope has a key."""
    parameters = Parameters()
    conditions = scope_conditions(kind, scope, parameters, include_deleted=include_deleted)
    conditions.append(BoundField(named.rule, named.key, parameters).present)
    return _exists(kind, conditions, parameters)


def names(kind: Kind, scope: Scope, rule: FieldRule, *, include_deleted: bool) -> Statement:
    """Return the statement that finds the keys of a field: those of the newest `NAMES_OBJECTS_MAX` objects."""
    parameters = Parameters()
    conditions = scope_conditions(kind, scope, parameters, include_deleted=include_deleted)
    objects = (
        f"SELECT {OWN}.id, {OWN}.labels",
        f"FROM {KINDS[kind].view} AS {OWN}",
        _where(conditions),
        f"ORDER BY {OWN}.created_position DESC LIMIT {NAMES_OBJECTS_MAX}",
    )
    some = (
        "SELECT named.name",
        f"FROM ({_sql(objects)}) AS {OWN}",
        f"CROSS JOIN LATERAL ({rule.names}) AS named (name)",
        f"LIMIT {NAMES_ROWS_MAX}",
    )
    parts = ("SELECT DISTINCT name", f"FROM ({_sql(some)}) AS few")
    return Statement(_sql(parts), parameters.values)


def newest(kind: Kind, scope: Scope, *, column: Literal["name", "version"]) -> Statement:
    """Return the statement that reads a column of the newest `NAMES_OBJECTS_MAX` objects that are not deleted."""
    parameters = Parameters()
    conditions = scope_conditions(kind, scope, parameters, include_deleted=False)
    parts = (
        f"SELECT {OWN}.{column}",
        f"FROM {KINDS[kind].view} AS {OWN}",
        _where(conditions),
        f"ORDER BY {OWN}.created_position DESC LIMIT {NAMES_OBJECTS_MAX}",
    )
    return Statement(_sql(parts), parameters.values)


def as_written(field: str, key: str) -> str:
    """Return a field with its key as a filter has it."""
    return f"{field}.{_quoted(key)}"


def _exists(kind: Kind, conditions: list[str], parameters: Parameters) -> Statement:
    parts = ("SELECT EXISTS (SELECT", f"FROM {KINDS[kind].view} AS {OWN}", f"{_where(conditions)})")
    return Statement(_sql(parts), parameters.values)


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions) or 'TRUE'}"


def _sql(parts: Sequence[str]) -> str:
    return "\n".join(parts)


def _quoted(key: str) -> str:
    return key if _BARE.fullmatch(key) else "`" + key.replace("`", "``") + "`"


def _paths(node: Node) -> Iterator[FieldPath]:
    match node:
        case Comparison():
            yield node.field
        case Not(term):
            yield from _paths(term)
        case And(terms) | Or(terms):
            for term in terms:
                yield from _paths(term)

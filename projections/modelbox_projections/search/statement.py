"""Puts the statement of a search together from fixed fragments; everything that varies is a numbered parameter.

Must not know: any kind of object.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from modelbox_events.event import Kind
from modelbox_projections.errors import FilterError
from modelbox_projections.search.conditions import OWN, BoundField, Conditions, Parameters
from modelbox_projections.search.kinds import KINDS, field_of
from modelbox_projections.search.parser import parse_filter, parse_order
from modelbox_projections.search.syntax import OrderKey

_TOLD_FIRST: Final = ("experiment_id", "run_id", "model_id", "parent_id")
"""Parents in the order in which page tokens have always told them: a token outlives an upgrade."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Among which objects is searched; what is empty does not narrow it.

    `recursive` takes the namespaces below in: `langtech` with `langtech/asr`. `parents` are objects by the fields that
    name them, such as `run_id`: which a kind can have, `KINDS` says.
    """

    namespace: str = ""
    recursive: bool = False
    parents: Mapping[str, UUID] = {}

    def told(self) -> tuple[object, ...]:
        """Return what tells it from other scopes."""
        others = sorted(item for item in self.parents.items() if item[0] not in _TOLD_FIRST)
        return (self.namespace, self.recursive, *map(self.parents.get, _TOLD_FIRST), *others)


@dataclass(frozen=True, slots=True)
class SortKey:
    """One expression that objects are ordered by; null comes last, ascending or descending."""

    sql: str
    cast: str
    type: Any
    descending: bool
    nullable: bool

    def ordering(self, name: str) -> str:
        """Return the key as ORDER BY takes it; `name` is what the statement calls it."""
        direction = "DESC" if self.descending else "ASC"
        # Postgres says so by itself where nothing is null, and would not see that an index has this order.
        return f"{name} {direction} NULLS LAST" if self.nullable else f"{name} {direction}"

    def after(self, value: str | None) -> str:
        """Return the condition that an object comes after this value."""
        if value is None:
            return "FALSE"
        condition = f"{self.sql} {'<' if self.descending else '>'} {value}"
        return f"({condition} OR {self.sql} IS NULL)" if self.nullable else condition

    def same(self, value: str | None) -> str:
        """Return the condition that an object has this value."""
        return f"{self.sql} IS NULL" if value is None else f"{self.sql} = {value}"


class Order:
    """What objects are ordered by, and last by where they were created, the newest first.

    Attributes:
        keys: The expressions.
        joins: What brings their values in.
        keyed: Which of the expressions belong to one key, such as `metrics.loss`, each.
    """

    def __init__(self, kind: Kind, keys: Sequence[OrderKey], parameters: Parameters) -> None:
        """Put the keys of fields among `parameters`.

        Raises:
            FilterError: The kind has no such field, or it cannot be ordered by.
        """
        self.keys: list[SortKey] = []
        self.joins: list[str] = []
        self.keyed: list[slice] = []
        for key in keys:
            self._add(kind, key, parameters)

    def _add(self, kind: Kind, key: OrderKey, parameters: Parameters) -> None:
        rule, name = field_of(kind, key.field, where="order_by")
        if not rule.sorts:
            problem = f"{key.field} may have many values and is no order; order by another field"
            raise FilterError("order_by", key.field.position, problem)
        bound, at = BoundField(rule, name, parameters), OWN
        if rule.rows is not None:
            at = f"by{len(self.joins)}"
            self.joins.append(f"LEFT JOIN {rule.rows.table} AS {at} ON {bound.sql(rule.rows.match, at=at)}")
        if rule.keyed:
            self.keyed.append(slice(len(self.keys), len(self.keys) + len(rule.sorts)))
        for expression in rule.sorts:
            type_rule = expression.type.value
            collate = ' COLLATE "C"' if type_rule.cast == "text" else ""
            sql = bound.sql(expression.sql, at=at) + collate
            self.keys.append(SortKey(sql, type_rule.cast, type_rule.python_type, key.descending, expression.nullable))

    def after(self, position: int, values: Sequence[object], parameters: Parameters) -> str:
        """Return the condition that an object comes after the one of this position and these values."""
        condition = f"{OWN}.created_position < {parameters.add(position, 'bigint')}"
        for key, value in reversed(list(zip(self.keys, values, strict=True))):
            wanted = None if value is None else parameters.add(value, key.cast)
            condition = f"({key.after(wanted)} OR ({key.same(wanted)} AND {condition}))"
        return condition


class Statement(NamedTuple):
    """A statement and its parameters: `id`, `created_position`, and each value that is ordered by."""

    sql: str
    parameters: Sequence[object]


class Draft:
    """The statement of a search before it is known what its page begins after."""

    def __init__(self, kind: Kind, scope: Scope, *, filter: str, order_by: str, include_deleted: bool) -> None:  # noqa: A002  # the wire's name
        """Understand a search.

        Raises:
            FilterError: The filter or the order cannot be understood.
            ValueError: The kind has no parents of the kind that the scope names.
        """
        self._rule = KINDS[kind]
        self._parameters = Parameters()
        self._conditions = scope_conditions(kind, scope, self._parameters, include_deleted=include_deleted)
        node = parse_filter(filter)
        if node is not None:
            self._conditions.append(Conditions(kind, self._parameters).of(node))
        self._order = Order(kind, parse_order(order_by), self._parameters)

    @property
    def types(self) -> list[Any]:
        """Python's types of the values that objects are ordered by."""
        return [key.type for key in self._order.keys]

    def is_ordered(self, values: Sequence[object]) -> bool:
        """Tell whether an object has a value of each key that it is ordered by."""
        return all(any(value is not None for value in values[of]) for of in self._order.keyed)

    def statement(self, *, limit: int, after: tuple[int, Sequence[object]] | None) -> Statement:
        """Return the statement that finds at most `limit` objects after that of a page token."""
        parameters, conditions = self._parameters.copy(), self._conditions
        if after is not None:
            conditions = [*conditions, self._order.after(*after, parameters)]
        columns = [f"{key.sql} AS key{n}" for n, key in enumerate(self._order.keys)]
        ordering = [key.ordering(f"key{n}") for n, key in enumerate(self._order.keys)]
        parts = (
            "SELECT",
            ", ".join([f"{OWN}.id", f"{OWN}.created_position", *columns]),
            f"FROM {self._rule.view} AS {OWN}",
            *self._order.joins,
            f"WHERE {' AND '.join(conditions)}" if conditions else "",
            f"ORDER BY {', '.join([*ordering, f'{OWN}.created_position DESC'])}",
            f"LIMIT {parameters.add(limit, 'bigint')}",
        )
        return Statement("\n".join(part for part in parts if part), parameters.values)


def scope_conditions(kind: Kind, scope: Scope, parameters: Parameters, *, include_deleted: bool) -> list[str]:
    """Return the conditions of a scope.

    Raises:
        ValueError: The kind has no parents of the kind that the scope names.
    """
    conditions = []
    if scope.namespace:
        namespace = parameters.add(scope.namespace, "text")
        same = f"{OWN}.namespace = {namespace}"
        below = f"starts_with({OWN}.namespace, {namespace} || '/')"
        conditions.append(f"({same} OR {below})" if scope.recursive else same)
    for name, parent in scope.parents.items():
        if name not in KINDS[kind].parents:
            raise ValueError(f"a {kind} has no {name}; scopes of it are {sorted(KINDS[kind].parents)}")
        conditions.append(f"{OWN}.{name} = {parameters.add(parent, 'uuid')}")
    if not include_deleted:
        conditions.append(f"{OWN}.deleted_at IS NULL")
    return conditions

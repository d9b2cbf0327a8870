"""From a filter to a condition in SQL that is true or false, never null.

Every comparison asks first whether there is a value: without one it is false, under each operator but `is null`. A
negated operator holds where there is a value and the operator itself does not hold.

Must not know: any kind of object.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from modelbox_events.event import Kind
from modelbox_projections.errors import FilterError
from modelbox_projections.search.fields import Expression, FieldRule
from modelbox_projections.search.kinds import field_of
from modelbox_projections.search.syntax import And, Comparison, Literal, Node, Not, Operator, Or, shown
from modelbox_projections.search.value_types import ValueType

OWN: Final = "held"
"""What an object's own row is called in a statement; the templates of `fields` know it too."""

_CONDITIONS: Final[Mapping[Operator, str]] = {
    Operator.EQUAL: "{value} = {wanted}",
    Operator.IN: "{value} = ANY ({wanted})",
    Operator.LESS: "{value}{collate} < {wanted}",
    Operator.LESS_OR_EQUAL: "{value}{collate} <= {wanted}",
    Operator.GREATER: "{value}{collate} > {wanted}",
    Operator.GREATER_OR_EQUAL: "{value}{collate} >= {wanted}",
    Operator.LIKE: "{value}{collate} LIKE {wanted}",
    Operator.ILIKE: "{value}{collate} ILIKE {wanted}",
    Operator.IS_NAN: "{value} = 'NaN'",
}
_LARGER: Final = (Operator.GREATER, Operator.GREATER_OR_EQUAL)


class Parameters:
    """The values of a statement, in the order of their numbers."""

    def __init__(self) -> None:
        """Begin without any."""
        self.values: list[object] = []

    def copy(self) -> "Parameters":
        """Return the same parameters, to which others can be added."""
        copy = Parameters()
        copy.values = self.values.copy()
        return copy

    def add(self, value: object, cast: str) -> str:
        """Take a value in and return what stands for it in SQL."""
        self.values.append(value)
        return f"${len(self.values)}::{cast}"


class BoundField:
    """A field in a statement: its templates with the names of row and key filled in."""

    def __init__(self, rule: FieldRule, key: str, parameters: Parameters) -> None:
        """Put the key, if the field has one, among the parameters."""
        self._rows = rule.rows
        self._at = OWN if rule.rows is None else "found"
        self._key = parameters.add(key, "text") if rule.keyed else ""
        self.present = self.holds(self.sql(rule.present)) if rule.present else "TRUE"
        """Whether there is a value."""

    def sql(self, template: str, *, at: str = "") -> str:
        """Fill a template in; the value's row is called `at`."""
        return template.format(at=at or self._at, key=self._key)

    def holds(self, condition: str) -> str:
        """Return the condition as one on the object."""
        if self._rows is None:
            return condition
        match = self.sql(self._rows.match)
        return f"EXISTS (SELECT FROM {self._rows.table} AS {self._at} WHERE {match} AND {condition})"


class Conditions:
    """Makes the conditions of one statement."""

    def __init__(self, kind: Kind, parameters: Parameters) -> None:
        """Put values among `parameters`."""
        self._kind: Kind = kind
        self._parameters = parameters

    def of(self, node: Node) -> str:
        """Return the condition of a filter.

        Raises:
            FilterError: It names a field that the kind has not, or compares one with what it cannot be.
        """
        match node:
            case Comparison():
                return self._comparison(node)
            case Not(term):
                return f"NOT {self.of(term)}"
            case And(terms):
                return f"({' AND '.join(map(self.of, terms))})"
            case Or(terms):
                return f"({' OR '.join(map(self.of, terms))})"

    def _comparison(self, comparison: Comparison) -> str:
        rule, key = field_of(self._kind, comparison.field, where="filter")
        if comparison.operator is Operator.IS_NULL:
            if not rule.present:
                problem = f'{comparison.field} is never null; a text that nobody gave is ""'
                raise FilterError("filter", comparison.position, problem)
            present = BoundField(rule, key, self._parameters).present
            return present if comparison.negated else f"NOT {present}"
        wanted = _wanted(rule, comparison)
        bound = BoundField(rule, key, self._parameters)
        conditions = []
        for expression, values in wanted.items():
            value = bound.sql(expression.sql)
            condition = self._condition(expression.type, value, comparison.operator, values)
            # Of the rows of a subquery those where it is null are not found anyway.
            guarded = expression.nullable and rule.rows is None
            conditions.append(f"({value} IS NOT NULL AND {condition})" if guarded else condition)
        holds = bound.holds(f"({' OR '.join(conditions)})")
        return f"({bound.present} AND NOT {holds})" if comparison.negated else holds

    def _condition(self, value_type: ValueType, value: str, operator: Operator, values: Sequence[object]) -> str:
        rule = value_type.value
        collate = ' COLLATE "C"' if rule.cast == "text" else ""
        if operator is Operator.IN:
            wanted = self._parameters.add(list(values), f"{rule.cast}[]")
        else:
            wanted = self._parameters.add(values[0], rule.cast) if values else ""
        condition = _CONDITIONS[operator].format(value=value, wanted=wanted, collate=collate)
        # To Postgres NaN is larger than every number; here it is neither larger nor smaller.
        is_guarded = value_type is ValueType.MEASURE and operator in _LARGER
        return f"({condition} AND {value} < 'NaN')" if is_guarded else condition


def _wanted(rule: FieldRule, comparison: Comparison) -> dict[Expression, list[object]]:
    """Return what is wanted of each expression that the literals of a comparison choose."""
    wanted: dict[Expression, list[object]] = {}
    if not comparison.values:
        wanted[_expression_for(rule, comparison, None)] = []
    for literal in comparison.values:
        expression = _expression_for(rule, comparison, literal)
        wanted.setdefault(expression, []).append(_converted(rule, expression.type, comparison, literal))
    return wanted


def _expression_for(rule: FieldRule, comparison: Comparison, literal: Literal | None) -> Expression:
    """Return the expression that a literal is compared with; the last, whose errors say why not, if none suits."""
    suiting = (one for one in rule.expressions if literal is None or one.type.suits(literal.value))
    expression = next(suiting, rule.expressions[-1])
    type_rule = expression.type.value
    if comparison.operator not in type_rule.operators:
        known = " ".join(operator for operator in Operator if operator in type_rule.operators)
        problem = f"{comparison.field} is {type_rule.noun} and is not compared by {comparison.operator}; use {known}"
        raise FilterError("filter", comparison.position, problem)
    return expression


def _converted(rule: FieldRule, value_type: ValueType, comparison: Comparison, literal: Literal) -> object:
    try:
        value = value_type.value.converted(literal.value)
    except ValueError as error:
        raise FilterError("filter", literal.position, f"{comparison.field}: {error}") from error
    if rule.choices and comparison.operator in (Operator.EQUAL, Operator.IN) and value not in rule.choices:
        problem = f"{comparison.field} is never {shown(str(literal.value))!r}; it is one of {', '.join(rule.choices)}"
        raise FilterError("filter", literal.position, problem)
    return value

"""Parses filters and orders. `docs/filters.md` describes the language.

    filter     = and-terms {"or" and-terms}
    and-terms  = term {"and" term}
    term       = "not" term | "(" filter ")" | comparison
    comparison = field ( sign value | ["not"] ("like" | "ilike") string | ["not"] "in" "(" value {"," value} ")"
                       | "is" ["not"] ("null" | "nan") )
    sign       = "=" | "==" | "!=" | "<" | "<=" | ">" | ">="
    value      = string | number | "true" | "false"
    order      = field ["asc" | "desc"] {"," field ["asc" | "desc"]}

Must not know: SQL, any kind of object.
"""

from collections.abc import Callable
from typing import Final

from modelbox_projections.errors import FilterError
from modelbox_projections.limits import COMPARISONS_MAX, IN_VALUES_MAX, NESTING_MAX, ORDER_KEYS_MAX
from modelbox_projections.search.syntax import (
    And,
    Comparison,
    FieldPath,
    Literal,
    Node,
    Not,
    Operator,
    Or,
    OrderKey,
)
from modelbox_projections.search.tokens import Token, TokenKind, tokens_of

_KEYWORDS: Final = frozenset(["and", "or", "not", "in", "like", "ilike", "is", "null", "nan", "true", "false"])
_SIGNS: Final = {
    "=": (Operator.EQUAL, False),
    "==": (Operator.EQUAL, False),
    "!=": (Operator.EQUAL, True),
    "<": (Operator.LESS, False),
    "<=": (Operator.LESS_OR_EQUAL, False),
    ">": (Operator.GREATER, False),
    ">=": (Operator.GREATER_OR_EQUAL, False),
}
_TRUTHS: Final = {"true": True, "false": False}


def parse_filter(text: str) -> Node | None:
    """Parse a filter; an empty one is None.

    Raises:
        FilterError: It is no filter, or exceeds a bound.
    """
    parser = _Parser(text, "filter")
    if parser.at_end:
        return None
    node = parser.filter(nesting=0)
    parser.expect_end("and or or")
    return node


def parse_order(text: str) -> tuple[OrderKey, ...]:
    """Parse an order; an empty one has no keys.

    Raises:
        FilterError: It is no order, or exceeds a bound.
    """
    parser = _Parser(text, "order_by")
    if parser.at_end:
        return ()
    keys = parser.order()
    parser.expect_end("asc, desc or a comma")
    return keys


class _Parser:
    """Reads tokens from left to right; which rule comes next follows from the next token alone."""

    def __init__(self, text: str, field: str) -> None:
        self._field = field
        self._tokens = tokens_of(text, field=field)
        self._next = 0
        self._comparisons = 0

    @property
    def at_end(self) -> bool:
        return self._token.kind is TokenKind.END

    def expect_end(self, wanted: str) -> None:
        if not self.at_end:
            raise self._unexpected(f"{wanted}, or the end", "check what stands before it")

    def filter(self, nesting: int) -> Node:
        terms = self._joined("or", lambda: self._and_terms(nesting))
        return terms[0] if len(terms) == 1 else Or(terms)

    def order(self) -> tuple[OrderKey, ...]:
        keys = [self._order_key()]
        while self._taken(","):
            if len(keys) == ORDER_KEYS_MAX:
                raise self._refused(f"more than {ORDER_KEYS_MAX} fields; order by fewer")
            keys.append(self._order_key())
        return tuple(keys)

    def _order_key(self) -> OrderKey:
        field = self._field_path()
        direction = self._token.keyword
        if direction in ("asc", "desc"):
            self._advance()
        return OrderKey(field, direction == "desc")

    def _and_terms(self, nesting: int) -> Node:
        terms = self._joined("and", lambda: self._term(nesting))
        return terms[0] if len(terms) == 1 else And(terms)

    def _joined(self, keyword: str, term: Callable[[], Node]) -> tuple[Node, ...]:
        terms = [term()]
        while self._taken(keyword):
            terms.append(term())
        return tuple(terms)

    def _term(self, nesting: int) -> Node:
        if nesting > NESTING_MAX:
            raise self._refused(f"nested more than {NESTING_MAX} deep; flatten the filter")
        if self._taken("not"):
            return Not(self._term(nesting + 1))
        if self._taken("("):
            node = self.filter(nesting + 1)
            self._expect(")", "close the parenthesis")
            return node
        return self._comparison()

    def _comparison(self) -> Comparison:
        field = self._field_path()
        self._comparisons += 1
        if self._comparisons > COMPARISONS_MAX:
            raise self._refused(f"more than {COMPARISONS_MAX} comparisons; use in (…), or ask in parts")
        token = self._advance()
        if token.text in _SIGNS:
            operator, negated = _SIGNS[token.text]
            return Comparison(field, operator, negated, (self._value(),), token.position)
        if token.keyword == "is":
            return self._is(field, token)
        negated = token.keyword == "not"
        name = self._advance() if negated else token
        match name.keyword:
            case "like" | "ilike":
                return Comparison(field, Operator(name.keyword), negated, (self._pattern(),), name.position)
            case "in":
                return Comparison(field, Operator.IN, negated, self._values(), name.position)
        wanted = "like, ilike or in after not" if negated else f"an operator after {field}"
        raise self._unexpected(wanted, "use = != < <= > >= like ilike in (…), is null", token=name)

    def _is(self, field: FieldPath, token: Token) -> Comparison:
        negated = self._taken("not")
        operators = {"null": Operator.IS_NULL, "nan": Operator.IS_NAN}
        name = self._advance()
        if name.keyword not in operators:
            raise self._unexpected("null or nan after is", "compare with values by =", token=name)
        return Comparison(field, operators[name.keyword], negated, (), token.position)

    def _field_path(self) -> FieldPath:
        token = self._advance()
        if token.kind is not TokenKind.PATH or token.keyword in _KEYWORDS:
            raise self._unexpected("a field", "fields stand on the left, such as name or metrics.loss", token=token)
        return FieldPath(token.parts, token.position)

    def _value(self) -> Literal:
        token = self._advance()
        if token.kind is TokenKind.NUMBER and self._token.kind is TokenKind.NUMBER and self._token.text[0] == "-":
            raise self._unexpected("a value", 'put a date in quotes, as in "2026-01-31"', token=token)
        if token.kind in (TokenKind.STRING, TokenKind.NUMBER):
            return Literal(token.value, token.position)
        if token.keyword in _TRUTHS:
            return Literal(_TRUTHS[token.keyword], token.position)
        remedy = "write text in quotes, or a number, true or false"
        if token.keyword in ("null", "nan"):
            remedy = f"write is {token.keyword} or is not {token.keyword}, without a sign"
        elif token.text in ("=", ">"):
            remedy = "equality is =, inequality is !="
        raise self._unexpected("a value", remedy, token=token)

    def _pattern(self) -> Literal:
        """Read the pattern of `like`; it is checked here because Postgres finds an escape of nothing only sometimes."""
        token = self._advance()
        if token.kind is not TokenKind.STRING:
            raise self._unexpected(
                "a pattern", "write it in quotes, with % for any text and _ for one character", token
            )
        pattern = str(token.value)
        if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
            problem = r"the pattern ends in an escape of nothing; write \\ for a backslash"
            raise FilterError(self._field, token.position, problem)
        return Literal(pattern, token.position)

    def _values(self) -> tuple[Literal, ...]:
        self._expect("(", "write the values in parentheses, as in (1, 2)")
        values = [self._value()]
        while self._taken(","):
            if len(values) == IN_VALUES_MAX:
                raise self._refused(f"more than {IN_VALUES_MAX} values; ask in parts")
            values.append(self._value())
        self._expect(")", "separate values by commas and close the parenthesis")
        return tuple(values)

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> Token:
        token = self._token
        if token.kind is not TokenKind.END:
            self._next += 1
        return token

    def _taken(self, word: str) -> bool:
        """Pass over the next token if it is this sign or keyword."""
        token = self._token
        found = token.keyword == word or (token.kind is TokenKind.SIGN and token.text == word)
        if found:
            self._advance()
        return found

    def _expect(self, sign: str, remedy: str) -> None:
        if not self._taken(sign):
            raise self._unexpected(repr(sign), remedy)

    def _refused(self, problem: str) -> FilterError:
        return FilterError(self._field, self._token.position, problem)

    def _unexpected(self, wanted: str, remedy: str, token: Token | None = None) -> FilterError:
        token = token or self._token
        return FilterError(self._field, token.position, f"expected {wanted}, found {token}; {remedy}")

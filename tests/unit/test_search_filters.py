"""What a filter and an order say, and what is said of one that cannot be understood."""

import pytest

from modelbox_projections import FilterError
from modelbox_projections.limits import COMPARISONS_MAX, FILTER_CHARS_MAX, IN_VALUES_MAX, NESTING_MAX, ORDER_KEYS_MAX
from modelbox_projections.search.parser import parse_filter, parse_order
from modelbox_projections.search.syntax import And, Comparison, Node, Not, Or


def lines(node: Node | None, depth: int = 0) -> list[str]:
    """Return a filter as indented lines."""
    indent = "  " * depth
    match node:
        case Comparison():
            values = [literal.value for literal in node.values]
            parts = [part.text for part in node.field.parts]
            return [f"{indent}{parts} {'not ' * node.negated}{node.operator} {values}"]
        case Not(term):
            return [f"{indent}not", *lines(term, depth + 1)]
        case And(terms) | Or(terms):
            name = type(node).__name__.lower()
            return [f"{indent}{name}", *(line for term in terms for line in lines(term, depth + 1))]
        case None:
            return []


def test_not_binds_stronger_than_and_and_that_stronger_than_or() -> None:
    node = parse_filter("a = 1 or not b = 2 and (c = 3 or d = 4) and not not e = 5")
    assert lines(node) == [
        "or",
        "  ['a'] = [1]",
        "  and",
        "    not",
        "      ['b'] = [2]",
        "    or",
        "      ['c'] = [3]",
        "      ['d'] = [4]",
        "    not",
        "      not",
        "        ['e'] = [5]",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a=1", "['a'] = [1]"),
        ("a != -1.50", "['a'] not = [-1.5]"),
        ("a<=+.5e1", "['a'] <= [5.0]"),
        ("a >= 7.", "['a'] >= [7.0]"),
        ("a < inf", "['a'] < [inf]"),
        ("a > -INF", "['a'] > [-inf]"),
        ("a = TRUE", "['a'] = [True]"),
        ("a = 'it''s' ", "['a'] = [\"it's\"]"),
        ('a = "say ""hi"" it\'s"', "['a'] = ['say \"hi\" it\\'s']"),
        ('a = "a\\b\n"', "['a'] = ['a\\\\b\\n']"),
        ("a LIKE '5\\%%'", "['a'] like ['5\\\\%%']"),
        ("a not ilike 'é_'", "['a'] not ilike ['é_']"),
        ("a in (1,'x' , false)", "['a'] in [1, 'x', False]"),
        ("a not in (1)", "['a'] not in [1]"),
        ("a is null", "['a'] is null []"),
        ("a is not null", "['a'] not is null []"),
        ("a is not nan", "['a'] not is nan []"),
        ("metrics.`val/acc``s`.max>1", "['metrics', 'val/acc`s', 'max'] > [1]"),
        ("params.9.in.größe=1", "['params', '9', 'in', 'größe'] = [1]"),
        ("infinite = 1", "['infinite'] = [1]"),
        ("\t\n( ((a = 1)))", "['a'] = [1]"),
        ("  ", None),
    ],
)
def test_a_comparison_is_read(text: str, line: str | None) -> None:
    assert lines(parse_filter(text)) == ([line] if line else [])


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("name", 5, "expected an operator after name, found the end"),
        ("name 'x'", 6, "expected an operator after name, found \"'x'\"; use = != <"),
        ("name === 'x'", 8, "equality is ="),
        ("name <> 'x'", 7, "inequality is !="),
        ("name = x", 8, "expected a value, found 'x'; write text in quotes"),
        ("name = `x`", 8, "backticks enclose a key after a point"),
        ("name = null", 8, "write is null"),
        ("loss = nan", 8, "write is nan"),
        ("a is 5", 6, "expected null or nan after is, found '5'"),
        ("a not = 5", 7, "expected like, ilike or in after not"),
        ("a like 5", 8, "expected a pattern, found '5'; write it in quotes"),
        ("a like 'x\\'", 8, "ends in an escape of nothing"),
        ("a in 5", 6, "write the values in parentheses"),
        ("a in ()", 7, "expected a value, found ')'"),
        ("a in (1 2)", 9, "separate values by commas"),
        ("(a = 1", 7, "expected ')', found the end"),
        ("a = 1)", 6, "expected and or or, or the end, found ')'"),
        ("a = 1 b = 2", 7, "expected and or or, or the end, found 'b'"),
        ("a = 1 and", 10, "expected a field, found the end"),
        ("and = 1", 1, "expected a field, found 'and'"),
        ("0.9 < a", 1, "fields stand on the left"),
        ("a = 'x", 5, "this string has no end"),
        ("a = 'it's'", 10, "this string has no end"),
        ("a && b", 3, "write and"),
        ("a | b", 3, "write or"),
        ("!a = 1", 1, "write not"),
        ("metrics.val/acc > 1", 12, "as in metrics.`val/acc`"),
        ("metrics.`val > 1", 8, "a point stands between"),
        ("a = 1e999", 5, "write inf"),
        ("a = 1.2.3", 5, "'1' is out of place"),
        ("a = 'x\0'", 7, "U+0000"),
        ("a = '\ud800'", 6, "U+D800"),
        ("a = 1 ß§", 8, "'§' is out of place"),
    ],
)
def test_a_filter_that_cannot_be_understood_is_refused_where_that_shows(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_filter(text)
    assert refused.value.field == "filter"
    assert refused.value.position == position
    assert says in str(refused.value)


def in_list(count: int) -> str:
    return f"a in ({', '.join('1' for _ in range(count))})"


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        (f"{'(' * NESTING_MAX}a = 1{')' * NESTING_MAX}", f"{'(' * 2000}a = 1{')' * 2000}"),
        (f"{'not ' * NESTING_MAX}a = 1", f"{'not ' * (NESTING_MAX + 1)}a = 1"),
        (" and ".join(["a = 1"] * COMPARISONS_MAX), " or ".join(["a = 1"] * (COMPARISONS_MAX + 1))),
        (in_list(IN_VALUES_MAX), in_list(IN_VALUES_MAX + 1)),
        (f"a = '{'x' * (FILTER_CHARS_MAX - 6)}'", f"a = '{'x' * (FILTER_CHARS_MAX - 5)}'"),
    ],
    ids=["parentheses", "not", "comparisons", "values", "characters"],
)
def test_a_filter_is_bounded(within: str, beyond: str) -> None:
    assert parse_filter(within) is not None
    with pytest.raises(FilterError, match=r"more than|at most"):
        parse_filter(beyond)


def test_an_order_is_fields_with_directions() -> None:
    keys = parse_order("metrics.`val/acc`.max desc, name,desc ASC")
    assert [([part.text for part in key.field.parts], key.descending) for key in keys] == [
        (["metrics", "val/acc", "max"], True),
        (["name"], False),
        (["desc"], False),
    ]
    assert parse_order(" ") == ()


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("name down", 6, "expected asc, desc or a comma, or the end, found 'down'"),
        ("name,", 6, "expected a field, found the end"),
        ("-name", 1, "'-' is out of place"),
        (", ".join(["name"] * (ORDER_KEYS_MAX + 1)), 49, f"more than {ORDER_KEYS_MAX} fields"),
    ],
)
def test_an_order_that_cannot_be_understood_is_refused_where_that_shows(text: str, position: int, says: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_order(text)
    assert refused.value.field == "order_by"
    assert refused.value.position == position
    assert says in str(refused.value)

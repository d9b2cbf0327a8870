"""What the language of filters means, said a second time in Python: draws filters as text, each with its meaning."""

import math
import operator
import re
from collections.abc import Callable, Sequence
from datetime import timedelta, timezone
from functools import cmp_to_key
from typing import Any, NamedTuple

import msgspec
from hypothesis import strategies as st

from modelbox_events.event import Kind
from tests.property.search_population import (
    DOUBLES,
    EXPERIMENTS,
    JSON,
    KEYS,
    MODELS,
    NAMESPACES,
    TEXTS,
    TIMES,
    WHOLES,
    Item,
)

Holds = Callable[[Item], bool]
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
PATTERNS = ["%", "_", "a%", "%B", "a_b", "a\\_b", "%\\%%", "\\\\%", "%ä", "ad_m", "", "%ab%", "'%", "%\n", "1_", "null"]


class Drawn(NamedTuple):
    """A filter and what it means."""

    text: str
    holds: Holds


class Reading(NamedTuple):
    """A field: how it is written, its values in an object (several for tags), and what it is compared with."""

    text: str
    values: Callable[[Item], list[Any]]
    kind: str


def quoted(text: str, quote: str) -> str:
    return f"{quote}{text.replace(quote, quote * 2)}{quote}"


def written(value: Any, quote: str = '"') -> str:
    """Write a literal."""
    match value:
        case str():
            return quoted(value, quote)
        case bool():
            return str(value).lower()
        case _:
            return repr(value)


def some(value: Any) -> list[Any]:
    return [] if value is None else [value]


@st.composite
def keys(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a key and how it is written after the field's name."""
    key = draw(st.sampled_from(KEYS))
    plain = re.fullmatch(r"\w+(\.\w+)*", key) and not key.endswith(".max")
    return key, key if plain and draw(st.booleans()) else quoted(key, "`")


FIELDS: dict[str, dict[str, str]] = {
    "run": {
        **dict.fromkeys(["name", "owner", "comment", "reason", "external_id", "namespace", "source.commit"], "text"),
        **dict.fromkeys(["created_at", "updated_at", "started_at", "ended_at", "deleted_at"], "time"),
        **dict.fromkeys(["id", "experiment_id", "parent_id"], "id"),
        "status": "word",
    },
    "checkpoint": {"epoch": "whole", "step": "whole", "run_id": "id", "experiment_id": "id", "created_at": "time"},
    "model_version": {
        **dict.fromkeys(["name", "description", "namespace"], "text"),
        **dict.fromkeys(["id", "model_id", "run_id"], "id"),
        "framework": "word",
        "version": "version",
    },
}
NULLABLE = ["ended_at", "deleted_at", "parent_id", "run_id", "epoch", "step", "source.commit"]


@st.composite
def readings(draw: st.DrawFn, kind: Kind) -> Reading:
    """Draw a field of a kind."""
    families = ["field", "labels", "params", "metadata", "metrics"]
    family = draw(st.sampled_from([*families, "tags"] if kind == "model_version" else families))
    if family == "field":
        name = draw(st.sampled_from(list(FIELDS[kind])))
        return Reading(name, lambda item: some(item.fields[name]), FIELDS[kind][name])
    if family == "tags":
        # A deleted version holds none.
        return Reading("tags", lambda item: [] if item.deleted else list(item.tags), "text")
    key, text = draw(keys())
    if family == "metrics":
        suffix = draw(st.sampled_from(["", ".latest", ".min", ".max"]))
        return Reading(f"metrics.{text}{suffix}", lambda item: measured(item, key, suffix), "measure")
    face = "text" if family == "labels" else "json"
    return Reading(f"{family}.{text}", lambda item: some(getattr(item, family).get(key)), face)


def measured(item: Item, key: str, suffix: str) -> list[float]:
    """Return a metric's last, smallest or largest value; NaN is neither of the last two."""
    values = item.metrics.get(key, [])
    if suffix in ("", ".latest"):
        return values[-1:]
    numbers = [value for value in values if not math.isnan(value)]
    return [min(numbers) if suffix == ".min" else max(numbers)] if numbers else []


LITERALS: dict[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from([*TEXTS, *NAMESPACES, "a7", "B%9"]),
    "measure": st.sampled_from([value for value in DOUBLES if not math.isnan(value)]) | st.integers(-2, 2),
    "whole": st.sampled_from([*WHOLES, 0.5, 9.5, -1, 1e300, 2**64]),
    "json": st.sampled_from([value for value in JSON if isinstance(value, str | int | float)] + ["[]", '{"a":[null]}']),
    "version": st.sampled_from(["1", "v2", "03", "4.0", 3, 7, 20.0, "x"]),
    "time": st.sampled_from(TIMES),
    "id": st.sampled_from([*EXPERIMENTS, *MODELS]),
    "word": st.sampled_from(["running", "Finished", "LOST", "killed"]),
}


def looked_at(value: Any, literal: Any, kind: str) -> Any:
    """Return a value as it is compared with a literal; None where that is never equal, less or greater."""
    match kind:
        case "measure":
            return None if math.isnan(value) else value
        case "word":
            return value.lower()
        case "json":
            return _json_as(value, literal)
        case "version":
            if isinstance(literal, str):
                return value
            return float(value) if re.fullmatch(r"[0-9]{1,15}", value) else None
        case _:
            return value


def _json_as(value: Any, literal: Any) -> Any:
    if isinstance(literal, bool):
        return value if isinstance(value, bool) else None
    if isinstance(literal, str):
        return json_text(value)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def json_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def like(text: str, pattern: str, *, fold: bool) -> bool:
    """Match as `like` does; `ilike` folds the letters of ASCII alone."""
    if fold:
        text, pattern = _folded(text), _folded(pattern)
    pieces = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _folded(text: str) -> str:
    return re.sub("[A-Z]", lambda match: match.group().lower(), text)


def literal_of(draw: st.DrawFn, kind: str) -> tuple[Any, str]:
    """Draw a literal and how it is written."""
    value = draw(LITERALS[kind])
    match kind:
        case "time":
            zone = timezone(timedelta(minutes=draw(st.sampled_from([0, 330, -60]))))
            return value, quoted(value.astimezone(zone).isoformat(), "'")
        case "id":
            return value, quoted(str(value), "'")
        case "word":
            return value.lower(), quoted(value, '"')
        case "whole" if isinstance(value, float) and value.is_integer():
            return value, repr(value)
        case "measure" if isinstance(value, float) and math.isinf(value):
            return value, draw(st.sampled_from(["inf", "INF"] if value > 0 else ["-inf"]))
        case _:
            return value, written(value, draw(st.sampled_from("\"'")))


@st.composite
def comparisons(draw: st.DrawFn, kind: Kind) -> Drawn:
    """Draw a comparison."""
    field = draw(readings(kind))
    forms = ["equal", "in"]
    if field.kind in ("text", "word", "json", "version"):
        forms += ["like", "ilike"]
    if field.kind not in ("word", "id"):
        forms += ["<", "<=", ">", ">="]
    if field.text in NULLABLE or field.text.partition(".")[0] in ("labels", "params", "metadata", "metrics", "tags"):
        forms.append("null")
    if field.kind == "measure":
        forms.append("nan")
    form = draw(st.sampled_from(forms))
    negated = form not in SIGNS and draw(st.booleans())
    word = "not " * negated
    if form == "null":
        return Drawn(f"{field.text} is {word}null", lambda item: bool(field.values(item)) == negated)
    if form == "nan":
        return _negatable(field, f"is {word}nan", math.isnan, negated=negated)
    if form in ("like", "ilike"):
        pattern = draw(st.sampled_from(PATTERNS))
        fold = form == "ilike" or field.kind == "word"
        return _negatable(
            field,
            f"{word}{form} {written(pattern)}",
            lambda value: like(looked_at(value, "", field.kind), pattern, fold=fold),
            negated=negated,
        )
    if form == "in":
        literals = [literal_of(draw, field.kind) for _ in range(draw(st.integers(1, 3)))]
        listed = ", ".join(text for _, text in literals)
        return _negatable(
            field,
            f"{word}in ({listed})",
            lambda value: any(_compare("=", value, literal, field.kind) for literal, _ in literals),
            negated=negated,
        )
    literal, text = literal_of(draw, field.kind)
    if form != "equal" and isinstance(literal, bool):
        literal, text = 1, "1"
    sign = "=" if form == "equal" else form
    shown = "!=" if negated else sign
    return _negatable(
        field, f"{shown} {text}", lambda value: _compare(sign, value, literal, field.kind), negated=negated
    )


def _compare(sign: str, value: Any, literal: Any, kind: str) -> bool:
    seen = looked_at(value, literal, kind)
    return seen is not None and SIGNS[sign](seen, literal)


def _negatable(field: Reading, rest: str, test: Callable[[Any], bool], *, negated: bool) -> Drawn:
    """Return a comparison; negated it needs a value as well."""

    def holds(item: Item) -> bool:
        values = field.values(item)
        return bool(values) and any(map(test, values)) != negated

    return Drawn(f"{field.text} {rest}", holds)


def filters(kind: Kind) -> st.SearchStrategy[Drawn]:
    """Draw a filter with and, or, not and parentheses."""
    return st.recursive(comparisons(kind), _joined, max_leaves=6)


def _joined(parts: st.SearchStrategy[Drawn]) -> st.SearchStrategy[Drawn]:
    def negation(part: Drawn) -> Drawn:
        return Drawn(f"not ({part.text})", lambda item: not part.holds(item))

    def conjunction(drawn: Sequence[Drawn]) -> Drawn:
        return Drawn(
            " AND ".join(f"({part.text})" for part in drawn), lambda item: all(part.holds(item) for part in drawn)
        )

    def disjunction(drawn: Sequence[Drawn]) -> Drawn:
        return Drawn(
            "\tor ".join(f"({part.text})" for part in drawn), lambda item: any(part.holds(item) for part in drawn)
        )

    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(parts.map(negation), several.map(conjunction), several.map(disjunction))


class DrawnOrder(NamedTuple):
    """An order and what it means: the same objects in that order."""

    text: str
    ordered: Callable[[Sequence[Item]], list[Item]]


@st.composite
def orders(draw: st.DrawFn, kind: Kind) -> DrawnOrder:
    """Draw an order of up to three fields."""
    fields = draw(st.lists(readings(kind).filter(lambda field: field.text != "tags"), max_size=3))
    directions = [draw(st.sampled_from(["", " asc", " DESC"])) for _ in fields]
    by = [(field, direction == " DESC") for field, direction in zip(fields, directions, strict=True)]

    def compare(one: Item, other: Item) -> int:
        for field, descending in by:
            for left, right in zip(sort_values(field, one), sort_values(field, other), strict=True):
                if left == right:
                    continue
                if left is None or right is None:
                    return 1 if left is None else -1
                return -1 if (left < right) != descending else 1
        return other.position - one.position

    text = ", ".join(f"{field.text}{direction}" for field, direction in zip(fields, directions, strict=True))
    return DrawnOrder(text, lambda items: sorted(items, key=cmp_to_key(compare)))


def sort_values(field: Reading, item: Item) -> list[Any]:
    """Return what an object is ordered by: one value after another, each None where there is none."""
    [value] = field.values(item) or [None]
    match field.kind:
        case "json":
            number = _json_as(value, 0.0) if value is not None else None
            text = json_text(value)[:255] if value is not None and number is None else None
            return [number, text]
        case "version":
            return [looked_at(value, 0, "version"), value]
        case "measure":
            return [None if value is None or math.isnan(value) else value]
        case "word":
            return [value.lower()]
        case "text":
            return [None if value is None else value[:255]]
        case _:
            return [value]

"""Metric points that break a rule, as points that do not.

Off the usual path: only what was refused comes here.

Must not know: the server.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from modelbox.errors import InvalidFieldError
from modelbox.fields import check_metric_value, check_step, check_wallclock
from modelbox.foreign import asked, items_of, utf8
from modelbox.limits import NESTED_METRICS_DEPTH_MAX, NESTED_METRICS_MAX, STEP_MAX
from modelbox.oddities import Oddities
from modelbox.values import MetricScalar


def sound_points(
    oddities: Oddities, metrics: Any, step: Any, wallclock: Any
) -> tuple[dict[str, MetricScalar], int, float | None]:
    """Return metrics, step and wallclock of a call as they can be logged; what cannot is told and counted.

    A step that is none is the nearest one, 0 if it is no number; a time that is none is now. A key is cleaned. A value
    that is no number, text or bytes is left out. What a dict in them holds has the key of both: `val/loss`.

    Raises:
        InvalidFieldError: Something breaks a rule; where the client is strict.
    """
    points: dict[str, MetricScalar] = {}
    for key, value in _flat(oddities, _items(oddities, metrics)):
        name = oddities.name(f"metrics[{utf8(key)[:80]!r}]", key)
        try:
            checked = check_metric_value(name, value)
        except InvalidFieldError as error:
            oddities.note("odd metric values", error, left_out=1, of=f"{name}: {type(value).__name__}")
            continue
        if name in points:
            problem = f"two values come to have the key {name[:80]!r}"
            oddities.note(
                "equal keys", InvalidFieldError.of("metrics", problem), "one is left out", left_out=1, of=name
            )
            continue
        points[name] = checked
    of = ", ".join(points)[:80]
    return points, _sound_step(oddities, step, of=of), _sound_wallclock(oddities, wallclock, of=of)


def tell_of_text(oddities: Oddities, metrics: Any) -> None:
    """Warn about values that are text and read as numbers: they are kept as text, which no plot and no filter has."""
    for key, value in items_of(metrics):
        if isinstance(value, (str, bytes)) and asked(lambda: math.isfinite(float(value)), otherwise=False):  # noqa: B023
            shown = (
                f"metrics[{utf8(key)[:80]!r}]: {value[:40]!r} is kept as text, which is neither plotted nor compared"
            )
            oddities.tell("numbers as text", f"{shown}; log float(value) for a number", of=utf8(key)[:80])


def _flat(oddities: Oddities, items: list[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Yield keys and values; of dicts among the values what they hold, within bounds. The rest is told and counted."""
    left = NESTED_METRICS_MAX
    waiting = [(key, value, 0) for key, value in reversed(items)]
    while waiting:
        key, value, depth = waiting.pop()
        if not isinstance(value, Mapping):
            yield key, value
            continue
        inner = items_of(value)
        left -= len(inner)
        if left >= 0 and depth < NESTED_METRICS_DEPTH_MAX:
            waiting += [(f"{utf8(key)}/{utf8(name)}", one, depth + 1) for name, one in reversed(inner)]
        else:
            bounds = f"at most {NESTED_METRICS_MAX:,} values, {NESTED_METRICS_DEPTH_MAX} deep, are taken out of dicts"
            problem = f"{utf8(key)[:80]!r} holds more: {bounds}"
            oddities.note("nested metrics", InvalidFieldError.of("metrics", problem), left_out=1)


def _items(oddities: Oddities, metrics: Any) -> list[tuple[Any, Any]]:
    if isinstance(metrics, Mapping) or callable(getattr(metrics, "items", None)):
        found: list[tuple[Any, Any]] | None = asked(lambda: list(metrics.items()), None)
        if found is not None:
            return found
    error = InvalidFieldError.of("metrics", f"needs a dict, not {type(metrics).__name__}")
    oddities.note("no metrics", error, left_out=1)
    return []


def _sound_step(oddities: Oddities, step: Any, *, of: str) -> int:
    try:
        return check_step(step)
    except InvalidFieldError as error:
        number = asked(lambda: float(step), math.nan)
        nearest = 0 if math.isnan(number) else int(min(max(number, 0), STEP_MAX))
        nearest = min(nearest, STEP_MAX)
        oddities.note("odd steps", error, f"what is logged there of {of} is kept at step {nearest}", of=of)
        return nearest


def _sound_wallclock(oddities: Oddities, wallclock: Any, *, of: str) -> float | None:
    if wallclock is None:
        return None
    try:
        return check_wallclock(wallclock)
    except InvalidFieldError as error:
        oddities.note("odd times", error, f"{of} is logged as of now", of=of)
        return None

"""A series of a metric as a line, in SVG."""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from modelbox.display.page import Html
from modelbox.values import MetricValue

WIDTH: Final = 280
HEIGHT: Final = 130
"""One plot, in pixels."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 8, 20, 18

XY = tuple[float, float]


def line_plot(title: str, points: Sequence[MetricValue]) -> Html | None:
    """Draw numbers over their steps, with gaps where there are none; nothing if no point is a finite number."""
    numbers = [(float(point.step), _number(point.value)) for point in points]
    finite = [value for _, value in numbers if math.isfinite(value)]
    if not finite:
        return None
    steps = [step for step, _ in numbers]
    x = _Axis(min(steps), max(steps), _LEFT, WIDTH - _RIGHT)
    y = _Axis(min(finite), max(finite), HEIGHT - _BOTTOM, _TOP)
    lines = "".join(_line([(x.place(step), y.place(value)) for step, value in run]) for run in _runs(numbers))
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    texts = (
        _text(_LEFT, 12, title, anchor="start", weight="bold"),
        _text(_LEFT - 4, min(y.place(y.high) + 8, bottom), f"{y.high:.3g}"),
        _text(_LEFT - 4, bottom, f"{y.low:.3g}") if y.high > y.low else "",
        _text(_LEFT, HEIGHT - 4, f"{x.low:.0f}", anchor="start"),
        _text(right, HEIGHT - 4, f"{x.high:.0f}") if x.high > x.low else "",
    )
    frame = f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="currentColor" stroke-opacity=".3"/>'
    label = escape(f"{title}: {finite[-1]:.6g} at step {steps[-1]:.0f}", quote=True)
    return Html(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{label}">'
        f"<title>{label}</title>{frame}{lines}{''.join(texts)}</svg>"
    )


class _Axis:
    """Values from low to high, at pixels from begin to end."""

    def __init__(self, low: float, high: float, begin: float, end: float) -> None:
        self.low, self.high = low, high
        self._begin, self._end = begin, end

    def place(self, value: float) -> float:
        # Halved, because the difference of two finite numbers may be infinite.
        extent = self.high / 2 - self.low / 2
        share = (value / 2 - self.low / 2) / extent if extent else 0.5
        return self._begin + share * (self._end - self._begin)


def _number(value: object) -> float:
    """Return the value as a number; what is text or bytes is a gap."""
    return float(value) if isinstance(value, (int, float)) else math.nan


def _runs(numbers: Iterable[XY]) -> Iterator[list[XY]]:
    """Yield the stretches of finite numbers."""
    run: list[XY] = []
    for step, value in numbers:
        if math.isfinite(value):
            run.append((step, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _line(corners: list[XY]) -> str:
    [(x, y), *rest] = corners
    if not rest:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="#3b82f6"/>'
    path = f"M{x:.1f} {y:.1f}" + "".join(f"L{x:.1f} {y:.1f}" for x, y in rest)
    return f'<path d="{path}" fill="none" stroke="#3b82f6" stroke-width="1.5" stroke-linejoin="round"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "end", weight: str = "normal") -> str:
    style = f'font-size="10" font-family="system-ui,sans-serif" font-weight="{weight}" fill="currentColor"'
    shown = text if len(text) <= _TITLE_CHARS_MAX else f"{text[:_TITLE_CHARS_MAX]}…"
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" {style}>{escape(shown)}</text>'


_TITLE_CHARS_MAX: Final = 38

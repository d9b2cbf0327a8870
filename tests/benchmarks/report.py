"""What a benchmark found, and how it is printed."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside its reference of the same run and the target it should reach."""

    what: str
    value: str
    reference: str = ""
    ratio: float | None = None
    target: str = ""


def per_second(count: float, seconds: float) -> str:
    """Write a rate."""
    return f"{count / seconds:,.0f}/s"


def percentile_ms(latencies_s: list[float], fraction: float) -> str:
    """Write a percentile of latencies in milliseconds."""
    ordered = sorted(latencies_s)
    return f"{ordered[min(len(ordered) - 1, int(len(ordered) * fraction))] * 1000:.2f} ms"


def show(title: str, figures: Iterable[Figure]) -> None:
    """Print the figures as a table."""
    table = Table(title=title, title_justify="left")
    for heading, justify in (("what", "left"), ("measured", "right"), ("reference", "left"), ("ratio", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # rich names the values, not their type
    table.add_column("target")
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        table.add_row(figure.what, figure.value, figure.reference, ratio, figure.target)
    Console(width=140).print(table)

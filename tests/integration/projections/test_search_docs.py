"""What docs/filters.md says of filters and orders is what they do."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast
from uuid import uuid4

import msgspec
import pytest

from modelbox_events import NO_STREAM, STREAM_EXISTS, Append, ChangeEvent, Log, NewEvent, StreamRef
from modelbox_events.types.metrics import DoubleSeries, MetricsLogged, doubles_to_json
from modelbox_events.types.run import EndStatus, RunCreated, RunEnded
from modelbox_projections import PROJECTIONS, FilterError, Scope, Views, limits, prepare
from modelbox_projections.runs.kind import Runs
from modelbox_projections.search.kinds import KINDS
from modelbox_projections.search.queries import Search
from tests.integration.projections_support import WAIT_S, running

FILTERS: Final = Path(__file__).parents[3] / "docs" / "filters.md"
START: Final = datetime(2026, 1, 31, tzinfo=UTC)


def table(first_heading: str) -> list[list[str]]:
    """Return the cells of the rows of the tables whose first column has this heading."""
    text = FILTERS.read_text(encoding="utf-8")
    rows: list[list[str]] = []
    for found in re.findall(rf"^\| {first_heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE):
        rows += [[cell.strip() for cell in line.strip("|\n").split("|")] for line in found.splitlines()]
    assert rows
    return rows


def code(cell: str) -> str:
    """Return what stands in a cell as code."""
    match = re.fullmatch(r"(`+)(.*)\1", cell)
    return match[2] if match else cell


def events_of(cells: list[str]) -> tuple[StreamRef, list[ChangeEvent]]:
    """Return the events that make a run of the table."""
    name, status, labels, params, metrics = cells
    stream = StreamRef("docs", "run", uuid4())
    created = RunCreated(
        run_id=stream.id, experiment_id=uuid4(), name=name, owner="", parent_id=None, started_at=START, source=None,
        comment="", metadata={}, labels=dict(label.split("=") for label in labels.split(", ") if label),
        hyperparameters={
            param.split("=")[0]: msgspec.json.decode(param.split("=")[1])
            for param in re.split(r", (?=\w+=)", params)
        },
    )  # fmt: skip
    events: list[ChangeEvent] = [created]
    for metric in metrics.split("; ") if metrics else ():
        key, _, numbers = metric.partition(": ")
        values = [float(number) for number in numbers.split(", ")]
        steps = list(range(len(values)))
        series = DoubleSeries(key=key, steps=steps, wallclock_s=[0.0] * len(steps), values=doubles_to_json(values))
        events.append(MetricsLogged(object_id=stream.id, series=[series]))
    if status != "running":
        events.append(RunEnded(run_id=stream.id, status=cast("EndStatus", status), ended_at=START, reason=""))
    return stream, events


@pytest.fixture
async def views(dsn: str, log: Log) -> Views:
    """The views of a log that has the runs of the table; the last of them is written first."""
    await prepare(dsn)
    for cells in reversed(table("run")):
        stream, events = events_of(cells)
        for number, event in enumerate(events):
            expected = STREAM_EXISTS if number else NO_STREAM
            await log.append(Append(stream=stream, events=[NewEvent(event)], expected_version=expected))
    async with running(log) as runner:
        await runner.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=WAIT_S)
    return Views(log.database)


async def names(views: Views, *, filter: str = "", order_by: str = "") -> list[str]:  # noqa: A002  # the wire's name
    found = await views.of(Search).page("run", Scope(), limit=100, filter=filter, order_by=order_by)
    rows = await views.of(Runs).of_many([item.id for item in found])
    return [row.name for row in rows.values()]


async def test_examples_find_what_is_said(views: Views) -> None:
    for text, answer in table("filter"):
        if answer.startswith("filter:"):
            with pytest.raises(FilterError) as refused:
                await names(views, filter=code(text))
            assert str(refused.value) == answer.replace("\\`", "`")
        else:
            assert await names(views, filter=code(text)) == answer.split(", "), text
    for text, answer in table("order_by"):
        assert await names(views, order_by=code(text)) == answer.split(", "), text


def test_all_fields_are_listed() -> None:
    text = FILTERS.read_text(encoding="utf-8")
    (of_every_kind,) = re.findall(r"^Every kind has (.*?)and besides:$", text, re.MULTILINE | re.DOTALL)
    common = {name.removesuffix(".<key>") for name in re.findall(r"`([^`]+)`", of_every_kind)}
    for kind, fields in table("kind"):
        own = re.findall(r"`([^`]+)`", fields)
        assert common | set(own) == set(KINDS[kind.replace(" ", "_")].fields), kind
        assert len(own) == len(set(own) - common), kind


def test_bounds_are_said_as_they_are() -> None:
    text = FILTERS.read_text(encoding="utf-8")
    (bounds,) = re.findall(r"^## Bounds\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", bounds)] == [
        limits.FILTER_CHARS_MAX,
        limits.COMPARISONS_MAX,
        limits.NESTING_MAX,
        limits.IN_VALUES_MAX,
        limits.ORDER_KEYS_MAX,
        limits.SEARCH_TIMEOUT_S,
    ]
    assert f"first {limits.ORDER_CHARS_MAX} characters" in text

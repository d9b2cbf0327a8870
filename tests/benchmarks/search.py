"""How fast runs are found among 100,000 of one experiment, each with five hyperparameters and five metrics.

The reference is a `SELECT count(*)` of the same rows written by hand, on a connection of its own in the same run: it
returns one number, a search the first hundred ids in order, each with its page token.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from modelbox_events import NO_STREAM, Append, Log, NewEvent, StreamRef
from modelbox_events.types.metrics import DoubleSeries, MetricsLogged
from modelbox_events.types.run import RunCreated
from modelbox_projections import PROJECTIONS, ProjectionRunner, Scope, Views, prepare
from modelbox_projections.search.queries import Search
from tests.benchmarks.report import Figure, per_second
from tests.benchmarks.servers import fresh_dsn, postgres

RUNS: Final = 100_000
APPENDS_AT_ONCE: Final = 500
PAGE: Final = 100
DEEP: Final = RUNS // 2
TRIES: Final = 9
CATCH_UP_TIMEOUT_S: Final = 900.0
EXPERIMENT: Final = UUID(int=1, version=4)
TARGET: Final = "≤ 2 × the count"

_RUNS: Final = "SELECT count(*) FROM modelbox_views.runs AS run"
_IN: Final = f"WHERE run.experiment_id = '{EXPERIMENT}' AND run.deleted_at IS NULL"
_METRIC: Final = (
    "JOIN modelbox_views.metric_series AS m ON m.object_id = run.id AND m.key = 'val_acc' AND m.kind = 'double'"
)
_PARAM: Final = "JOIN modelbox_views.hyperparameters AS p ON p.object_id = run.id AND p.name = "


class Question(NamedTuple):
    """A search, and the statement that counts the same rows."""

    what: str
    filter: str
    order_by: str
    counted: str
    deep: bool = False


QUESTIONS: Final = (
    Question("newest first", "", "", f"{_RUNS} {_IN}"),
    Question("newest first, after 50,000", "", "", f"{_RUNS} {_IN}", deep=True),
    Question(
        "metric and number",
        "metrics.val_acc > 0.9 and params.lr < 0.1",
        "",
        f"{_RUNS} {_METRIC} {_PARAM}'lr' {_IN} AND m.latest > 0.9 AND p.number < 0.1",
    ),
    Question(
        "metric and text",
        'metrics.val_acc > 0.9 and params.optimizer = "adam"',
        "",
        f"{_RUNS} {_METRIC} {_PARAM}'optimizer' {_IN} AND m.latest > 0.9 AND p.value #>> '{{}}' = 'adam'",
    ),
    Question(
        "metric and (text or label)",
        'metrics.val_acc > 0.9 and (params.lr = "0.01" or labels.env = "prod")',
        "",
        f"{_RUNS} {_METRIC} LEFT {_PARAM}'lr' {_IN} AND m.latest > 0.9"
        " AND (p.value #>> '{}' = '0.01' OR run.labels ->> 'env' = 'prod')",
    ),
    Question(
        "metric that nothing reaches",
        "metrics.val_acc > 5",
        "",
        f"{_RUNS} {_METRIC} {_IN} AND m.latest > 5",
    ),
    Question("text ilike", 'name ilike "%RUN-99%"', "", f"{_RUNS} {_IN} AND run.name ILIKE '%run-99%'"),
    Question("by metric", "", "metrics.val_acc desc", f"{_RUNS} {_METRIC} {_IN}"),
    Question("by metric, after 50,000", "", "metrics.val_acc desc", f"{_RUNS} {_METRIC} {_IN}", deep=True),
    Question(
        "by metric, with label",
        'labels.env = "prod"',
        "metrics.val_acc desc",
        f"{_RUNS} {_METRIC} {_IN} AND run.labels ->> 'env' = 'prod'",
    ),
    Question("by hyperparameter, name", "", "params.lr, name", f"{_RUNS} {_PARAM}'lr' {_IN}"),
)


async def run() -> list[Figure]:
    """Measure."""
    async with postgres() as server:
        dsn = await fresh_dsn(server)
        await prepare(dsn)
        log = await Log.open(dsn)
        start = time.perf_counter()
        await _fill(log)
        filled_s = time.perf_counter() - start
        owner = await asyncpg.connect(dsn)
        # What autovacuum does by itself within a minute or two.
        await owner.execute("VACUUM ANALYZE")
        await owner.close()
        figures = [Figure(f"{RUNS:,} runs recorded and in the views", per_second(RUNS, filled_s))]
        views, connection = Views(log.database), await log.database.connect_alone("count")
        figures += [await _ask(views, connection, question) for question in QUESTIONS]
        await connection.close()
        await log.close()
    return figures


async def _ask(views: Views, connection: asyncpg.Connection, question: Question) -> Figure:
    after = await _token_at(views, question) if question.deep else None

    async def search() -> None:
        await views.of(Search).page(
            "run",
            Scope(parents={"experiment_id": EXPERIMENT}),
            filter=question.filter,
            order_by=question.order_by,
            limit=PAGE,
            after=after,
        )

    async def count() -> None:
        await connection.fetchval(question.counted)

    searched_s, counted_s = await _median_s(search), await _median_s(count)
    return Figure(
        question.what,
        f"{searched_s * 1000:.1f} ms",
        reference=f"count(*) {counted_s * 1000:.1f} ms",
        ratio=searched_s / counted_s,
        target=TARGET,
    )


async def _token_at(views: Views, question: Question) -> str:
    """Return the page token of the object at `DEEP`."""
    token = None
    for _ in range(0, DEEP, 10_000):
        page = await views.of(Search).page(
            "run",
            Scope(parents={"experiment_id": EXPERIMENT}),
            filter=question.filter,
            order_by=question.order_by,
            limit=10_000,
            after=token,
        )
        token = page[-1].page_token
    assert token is not None
    return token


async def _median_s(call: Callable[[], Awaitable[None]]) -> float:
    durations_s = []
    for _ in range(TRIES):
        start = time.perf_counter()
        await call()
        durations_s.append(time.perf_counter() - start)
    return statistics.median(durations_s)


async def _fill(log: Log) -> None:
    """Record the runs, and fold them into the views meanwhile."""
    draw = random.Random(1)  # noqa: S311  # no secret
    runner = ProjectionRunner(log)
    task = asyncio.create_task(runner.run())
    for first in range(0, RUNS, APPENDS_AT_ONCE):
        await asyncio.gather(*(log.append(_run(draw, number)) for number in range(first, first + APPENDS_AT_ONCE)))
    await runner.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=CATCH_UP_TIMEOUT_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _run(draw: random.Random, number: int) -> Append:
    run_id = UUID(int=draw.getrandbits(128), version=4)
    created = RunCreated(
        run_id=run_id,
        experiment_id=EXPERIMENT,
        name=f"run-{number}",
        owner=f"owner-{number % 20}@example.org",
        parent_id=None,
        started_at=datetime.now(UTC),
        source=None,
        comment="",
        labels={"env": draw.choice(["dev", "test", "prod"]), "team": f"team-{number % 50}"},
        metadata={},
        hyperparameters={
            "lr": round(draw.random(), 2),
            "batch_size": 2 ** draw.randrange(4, 11),
            "optimizer": draw.choice(["adam", "sgd", "lion"]),
            "dropout": draw.random(),
            "seed": number,
        },
    )
    keys = ("loss", "acc", "val_loss", "val_acc", "f1")
    series = [DoubleSeries(key=key, steps=[1], wallclock_s=[1.0], values=[draw.random()]) for key in keys]
    events = [NewEvent(created), NewEvent(MetricsLogged(object_id=run_id, series=list(series)))]
    return Append(stream=StreamRef("bench", "run", run_id), events=events, expected_version=NO_STREAM)

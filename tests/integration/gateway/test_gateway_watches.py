"""Many watches of one server share what they cost, and each still gets every change once and in order."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log
from modelbox_events.log import POOL_SIZE
from modelbox_gateway.errors import WatchesOverloadedError
from modelbox_gateway.rpc.frame.limits import TAIL_EVENTS_MAX
from modelbox_gateway.rpc.methods.watch import budget as budgets
from modelbox_gateway.rpc.methods.watch.budget import Budget
from tests.integration.gateway_server import Gateway, running_gateway, until
from tests.integration.log_cases import append, stream

Watching: TypeAlias = Any  # a call of the generated stub, which has no types

WATCHES = 40
EVENTS = 40


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


async def create(gateway: Gateway, name: str, namespace: str = "default") -> None:
    await gateway.stub.CreateModel(pb.CreateModelRequest(name=name, namespace=namespace))


async def watch(gateway: Gateway, namespace: str = "default") -> Watching:
    watching = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest(namespace=namespace))
    await watching.initial_metadata()
    return watching


async def names(watching: Watching, count: int) -> list[str]:
    async with asyncio.timeout(60):
        return [(await watching.read()).payload.struct_value.fields["name"].string_value for _ in range(count)]


@pytest.mark.parametrize("namespace", ["default", "elsewhere"], ids=["told", "idle"])
async def test_watches_share_their_reads_of_the_log(gateway: Gateway, log: Log, dsn: str, namespace: str) -> None:
    """What one watch reads, all have; and what does not concern any, none reads."""
    watches = [await watch(gateway, namespace) for _ in range(WATCHES)]
    await create(gateway, "first", namespace)
    for watching in watches:
        assert await names(watching, 1) == ["first"]
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        before = await reads(log, pool)
        for number in range(EVENTS):
            await create(gateway, f"m{number}")
        if namespace == "default":
            for watching in watches:
                assert await names(watching, EVENTS) == [f"m{number}" for number in range(EVENTS)]
        after = await reads(log, pool)
    for watching in watches:
        watching.cancel()

    # Each create and its fold take some transactions of their own; every watch for itself took 40 × 40 more.
    assert after - before < EVENTS * 20


async def test_changes_by_other_processes_reach_all_watches(gateway: Gateway, dsn: str) -> None:
    watches = [await watch(gateway, f"n{number % 3}") for number in range(9)]
    other = await Log.open(dsn)
    for number in range(30):
        await other.append(append(stream(f"n{number % 3}"), value=number))

    for at, watching in enumerate(watches):
        async with asyncio.timeout(20):
            changes = [await watching.read() for _ in range(10)]
        values = [change.payload.struct_value.fields["metadata"].struct_value.fields["value"] for change in changes]
        assert [value.number_value for value in values] == list(range(at % 3, 30, 3))
        watching.cancel()
    await other.close()


async def test_watches_that_come_and_go_miss_nothing(gateway: Gateway) -> None:
    """Whenever one begins: in the middle of a read, as the first of its namespace, or after the last one left."""
    total, namespaces = 150, ("a", "b")
    draw = random.Random(7)  # noqa: S311  # a test's
    writing = asyncio.create_task(_write(gateway, total, namespaces))

    async def follow() -> None:
        namespace = draw.choice(namespaces)
        await asyncio.sleep(draw.random() * 0.3)
        watching = await watch(gateway, namespace)
        count = draw.choice((1, 20, total))
        assert await names(watching, count) == [f"m{number}" for number in range(count)]
        watching.cancel()

    for _ in range(3):
        await asyncio.gather(*(follow() for _ in range(12)))
    await writing


async def _write(gateway: Gateway, total: int, namespaces: tuple[str, ...]) -> None:
    for number in range(total):
        await asyncio.gather(*(create(gateway, f"m{number}", namespace) for namespace in namespaces))


async def test_a_watch_that_falls_behind_what_is_kept_pages_and_comes_up_again(gateway: Gateway, log: Log) -> None:
    """While others of its namespace are told everything at once."""
    slow, fast = await watch(gateway), await watch(gateway)
    to = stream()
    total = 2 * TAIL_EVENTS_MAX + 100
    reading = asyncio.create_task(_positions(fast, total))
    for first in range(0, total, 100):
        await asyncio.gather(*(log.append(append(to, value="x" * 500)) for _ in range(min(100, total - first))))
    assert await reading == list(range(1, total + 1))

    assert await _positions(slow, total) == list(range(1, total + 1))
    await log.append(append(to))
    assert await _positions(slow, 1) == await _positions(fast, 1) == [total + 1]
    slow.cancel()
    fast.cancel()


async def _positions(watching: Watching, count: int) -> list[int]:
    async with asyncio.timeout(90):
        return [(await watching.read()).position for _ in range(count)]


async def test_a_budget_is_never_exceeded_and_goes_round() -> None:
    budget, most = Budget(1000), 0

    async def take(size: int) -> None:
        nonlocal most
        async with budget.hold(size) as hold:
            most = max(most, budget.held)
            await asyncio.sleep(0)
            hold.shrink(size // 2)
            await asyncio.sleep(0)

    async with asyncio.timeout(20):
        await asyncio.gather(*(take(size) for size in (1, 400, 999, 5000, 1000, 250) for _ in range(50)))
    assert budget.held == 0
    assert 900 < most <= 1000


async def test_who_waits_for_a_budget_too_long_is_told_and_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "WATCH_TURN_S", 0.05)
    budget = Budget(1000)
    async with budget.hold(900):
        with pytest.raises(WatchesOverloadedError):
            async with budget.hold(200):
                pass
        leaving = asyncio.create_task(_hold(budget, 200))
        behind = asyncio.create_task(_hold(budget, 100))
        await asyncio.sleep(0)
        leaving.cancel()
        await until(behind.done)  # what stood before it would not have fitted
        assert budget.held == 900
    assert budget.held == 0


async def _hold(budget: Budget, size: int) -> None:
    async with budget.hold(size):
        pass


async def reads(log: Log, pool: "asyncpg.Pool[asyncpg.Record]") -> int:
    """Return how many transactions there were in the log's database, once Postgres has counted those of its pool."""
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(log.database.acquire()) for _ in range(POOL_SIZE)]
        for connection in connections:
            await connection.execute("SELECT pg_stat_force_next_flush()")
    query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    return int(await pool.fetchval(query))

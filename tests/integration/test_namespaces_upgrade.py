"""The view of namespaces while two versions run: one counts in columns, the other in rows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

import asyncpg

from modelbox_events import Log
from modelbox_projections import PROJECTIONS, DecodedEvent, Projection, Views, catalog_of, prepare
from modelbox_projections.namespaces.queries import Namespaces
from tests.integration.projections_support import WAIT_S, create_model, running, until

FORMER: Final = Path(__file__).parent / "golden/namespaces_code_3"
NAMESPACES: Final = ("namespaces", PROJECTIONS["namespaces"].code_version)
AT: Final = datetime(2026, 1, 31, tzinfo=UTC)


class FormerNamespaces(Projection):
    """The view as the version before had it; its table is filled by the test."""

    name: ClassVar = "namespaces"
    code_version: ClassVar = 3
    event_types: ClassVar = frozenset[str]()
    tables: ClassVar = ("namespaces",)
    relations: ClassVar = ("namespaces",)
    statements: ClassVar = {"tables": (FORMER / "tables.sql").read_text(encoding="utf-8")}

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        raise NotImplementedError


def former(name: str) -> str:
    """Return a statement of the version before."""
    return (FORMER / f"{name}.sql").read_text(encoding="utf-8")


async def test_each_of_two_versions_reads_what_the_other_has_counted(dsn: str, log: Log) -> None:
    others = [projection for projection in PROJECTIONS.values() if projection.name != "namespaces"]
    await prepare(dsn, catalog=catalog_of(FormerNamespaces(), *others))
    for number in range(3):
        await create_model(log, f"m{number}")
    row: tuple[Any, ...] = ("tests", 3, 0, 0, AT, AT, 1, 3)
    async with log.database.acquire() as connection:
        await connection.execute("INSERT INTO view_namespaces_v1.namespaces VALUES ($1,$2,$3,$4,$5,$6,$7,$8)", *row)
    await prepare(dsn)
    view = Views(log.database).of(Namespaces)

    [counted_before] = await view.list(limit=9)
    assert (counted_before.name, counted_before.count("model"), counted_before.created_at) == ("tests", 3, AT)
    assert await view.holds_anything("tests", recursive=False)

    async with running(log) as runner:
        await until(lambda: NAMESPACES in {(one.name, one.code_version) for one in runner.cursors.states})
        await runner.cursors.wait(["namespaces"], log.head.position, timeout_s=WAIT_S)
    [counted_after] = await view.list(limit=9)
    assert (counted_after.name, counted_after.count("model")) == ("tests", 3)
    async with log.database.acquire() as connection:
        [read_by_former] = await connection.fetch(former("list"), "", 9)
        assert (read_by_former["name"], read_by_former["models"], read_by_former["datasets"]) == ("tests", 3, 0)
        assert await connection.fetchval(former("holds"), "tests", False)

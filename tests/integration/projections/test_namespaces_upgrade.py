"""The view of namespaces while two versions run: earlier ones count in columns, this one in rows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

import asyncpg
import pytest

from modelbox_events import Log
from modelbox_projections import PROJECTIONS, DecodedEvent, Projection, Views, catalog_of, prepare
from modelbox_projections.namespaces.queries import Namespaces
from tests.databases import Template
from tests.integration.projections_support import WAIT_S, create_model, running, until

GOLDEN: Final = Path(__file__).parent / "golden"
NAMESPACES: Final = ("namespaces", PROJECTIONS["namespaces"].code_version)
AT: Final = datetime(2026, 1, 31, tzinfo=UTC)
HELD: Final[Mapping[str, Any]] = {
    "name": "tests",
    "models": 3,
    "experiments": 0,
    "datasets": 0,
    "created_at": AT,
    "updated_at": AT,
    "created_position": 1,
    "changed_position": 3,
}
"""A row of the last version that counted in columns."""
LACKED: Final[Mapping[int, Collection[str]]] = {
    1: ("experiments", "datasets", "changed_position"),
    2: ("changed_position",),
    3: (),
}
"""Columns that a version did not have."""


@pytest.fixture
def template(log_template: Template) -> Template:
    """Without views: the test makes its own."""
    return log_template


class FormerNamespaces(Projection):
    """The view as an earlier version had it; its table is filled by the test."""

    name: ClassVar = "namespaces"
    event_types: ClassVar = frozenset[str]()
    tables: ClassVar = ("namespaces",)
    relations: ClassVar = ("namespaces",)

    def __init__(self, code_version: int) -> None:
        self.code_version = code_version  # type: ignore[misc]  # of each of these
        self.statements = {"tables": former(code_version, "tables")}  # type: ignore[misc]

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        raise NotImplementedError


def former(code_version: int, name: str) -> str:
    """Return a statement of an earlier version."""
    return (GOLDEN / f"namespaces_code_{code_version}" / f"{name}.sql").read_text(encoding="utf-8")


@pytest.mark.parametrize("code_version", sorted(LACKED))
async def test_each_of_two_versions_reads_what_the_other_has_counted(dsn: str, log: Log, code_version: int) -> None:
    others = [projection for projection in PROJECTIONS.values() if projection.name != "namespaces"]
    await prepare(dsn, catalog=catalog_of(FormerNamespaces(code_version), *others))
    for number in range(3):
        await create_model(log, f"m{number}")
    row = {column: value for column, value in HELD.items() if column not in LACKED[code_version]}
    values = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    async with log.database.acquire() as connection:
        await connection.execute(
            f"INSERT INTO view_namespaces_v1.namespaces ({', '.join(row)}) VALUES ({values})",
            *row.values(),
        )
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
        [read_by_former] = await connection.fetch(former(3, "list"), "", 9)
        assert (read_by_former["name"], read_by_former["models"], read_by_former["datasets"]) == ("tests", 3, 0)
        assert await connection.fetchval(former(3, "holds"), "tests", False)

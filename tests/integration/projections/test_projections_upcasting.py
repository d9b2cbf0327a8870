"""Events of older schema versions are folded as today's (case 40): golden files, a registry that only this test has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import msgspec
import pytest

from modelbox_events import NO_STREAM, Append, ChangeEvent, Log, NewEvent, Position, StreamRef, new_id
from modelbox_events.registry import EventType, Registry
from modelbox_projections import DecodedEvent, Projection, catalog_of, prepare, rebuild, verify
from modelbox_projections.projection import names_of
from tests.databases import Template
from tests.integration.projections_support import WAIT_S, running

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def template(log_template: Template) -> Template:
    """Without views: the test makes its own."""
    return log_template


class DatasetRegistered(ChangeEvent, frozen=True, kw_only=True):
    """Version 3: the dataset's version has a field of its own."""

    name: str
    version: str
    rows: int


class DatasetRegisteredV1(ChangeEvent, frozen=True, kw_only=True):
    """Version 1: the number of rows was a text."""

    name: str
    rows: str


class DatasetRegisteredV2(ChangeEvent, frozen=True, kw_only=True):
    """Version 2: the version was part of the name."""

    name: str
    rows: int


# In the log a type is known by its name, whatever shape it had.
DatasetRegisteredV1.__name__ = DatasetRegisteredV2.__name__ = DatasetRegistered.__name__


def rows_to_number(value: dict[str, Any]) -> dict[str, Any]:
    return value | {"rows": int(value["rows"])}


def split_name(value: dict[str, Any]) -> dict[str, Any]:
    name, _, version = value["name"].partition(" ")
    return value | {"name": name, "version": version}


SHAPES: dict[int, type[ChangeEvent]] = {1: DatasetRegisteredV1, 2: DatasetRegisteredV2, 3: DatasetRegistered}
UPCASTERS = (rows_to_number, split_name)


def registry_of(version: int) -> Registry:
    """Return the registry as it was when the type had this schema version."""
    return Registry([EventType(SHAPES[version], UPCASTERS[: version - 1])])


def golden(version: int) -> ChangeEvent:
    return msgspec.json.decode((GOLDEN / f"DatasetRegistered.v{version}.json").read_bytes(), type=SHAPES[version])


class Datasets(Projection):
    """Keeps the datasets."""

    name: ClassVar[str] = "datasets"
    code_version: ClassVar[int] = 1
    event_types: ClassVar[frozenset[str]] = names_of(DatasetRegistered)
    tables: ClassVar[tuple[str, ...]] = ("datasets",)
    relations: ClassVar[tuple[str, ...]] = ("datasets",)
    statements: ClassVar = {"tables": "CREATE TABLE datasets (name text, version text, rows bigint, position bigint)"}

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        for event in events:
            data = event.data
            assert isinstance(data, DatasetRegistered)
            row = (data.name, data.version, data.rows, event.position)
            await connection.execute("INSERT INTO datasets VALUES ($1, $2, $3, $4)", *row)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_golden_file_reads_as_todays_shape(version: int) -> None:
    today = registry_of(3).type_of("DatasetRegistered")
    data = (GOLDEN / f"DatasetRegistered.v{version}.json").read_bytes()
    assert today.decode(version, data) == golden(3)


async def test_events_recorded_in_older_shapes_are_folded_and_rebuilt_as_todays(dsn: str) -> None:
    catalog = catalog_of(Datasets())
    await prepare(dsn, catalog=catalog)
    for version in SHAPES:
        log = await Log.open(dsn, registry=registry_of(version))
        stream = StreamRef("tests", "dataset", new_id())
        await log.append(Append(stream=stream, events=[NewEvent(golden(version))], expected_version=NO_STREAM))
        await log.close()
    log = await Log.open(dsn, registry=registry_of(3))
    assert [event.schema_version for event in await log.read(Position(0))] == [1, 2, 3]
    async with running(log, catalog) as runner:
        await runner.cursors.wait(["datasets"], log.head.position, timeout_s=WAIT_S)
        assert (await verify(log, "datasets", catalog=catalog)).equal
        await rebuild(log, "datasets", catalog=catalog)
    async with log.database.acquire() as connection:
        rows = await connection.fetch("SELECT * FROM modelbox_views.datasets ORDER BY position")
    assert [tuple(row) for row in rows] == [("digits", "v2", 1797, position) for position in (1, 2, 3)]
    await log.close()

"""Every statement in an `.sql` file is one that a migrated database understands."""

import asyncio
import re
from pathlib import Path

import asyncpg

from modelbox_events.database import service_role
from modelbox_gateway.members import prepare_members
from modelbox_projections import prepare
from modelbox_projections.objects.columns import select_of
from modelbox_projections.objects.kinds import KINDS
from tests.architecture.function_levels import components
from tests.architecture.schema_sql import SCHEMA_FILE, dump
from tests.architecture.tree import REPOSITORY, files


async def test_every_statement_prepares(dsn: str) -> None:
    await prepare(dsn)
    await prepare_members(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"SET ROLE {await service_role(dsn)}")
    problems = []
    for path in _statements():
        # The tables of a projection have unqualified names; its folder is named like it. What all kinds of objects
        # share is held to one of them.
        name = "models" if path.parent.name == "objects" else path.parent.name
        await connection.execute(f"SET search_path = view_{name}_v1, pg_catalog")
        try:
            await connection.prepare((REPOSITORY / path).read_text(encoding="utf-8"))
        except asyncpg.PostgresError as error:
            problems.append(f"{path}: {error}")
    await connection.close()
    assert problems == []


async def test_every_statement_that_follows_from_a_row_prepares(dsn: str) -> None:
    await prepare(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"SET ROLE {await service_role(dsn)}")
    for kind in KINDS.values():
        await connection.execute(f"SET search_path = view_{kind.view}_v1, pg_catalog")
        await connection.prepare(kind.all_statements["insert"])
        read = await connection.prepare(select_of(kind.view, kind.reads.row_type))
        seen = await connection.prepare(f"SELECT * FROM {kind.view}")
        columns = [attribute.name for attribute in read.get_attributes()]
        assert columns == [attribute.name for attribute in seen.get_attributes()], kind.name
    await connection.close()


async def test_schema_sql_is_current(dsn: str) -> None:
    text = await asyncio.to_thread(dump, dsn)
    assert text == SCHEMA_FILE.read_text(encoding="utf-8"), "run `make schema`"


def test_every_statement_says_its_intent_in_the_first_line() -> None:
    texts = {path: (REPOSITORY / path).read_text(encoding="utf-8") for path in _sql_files()}
    assert texts
    assert [str(path) for path, text in texts.items() if not text.startswith("-- ")] == []


def test_every_function_has_a_file_of_its_name() -> None:
    pattern = re.compile(r"\bCREATE (OR REPLACE )?FUNCTION \w+\.(\w+)\(")
    found = [path for folder in components().values() for path in folder.glob("*.sql")]
    assert found
    defined = {path: pattern.findall(path.read_text(encoding="utf-8")) for path in found}
    assert [str(path) for path, names in defined.items() if names != [("OR REPLACE ", path.stem)]] == []


def test_every_state_of_the_functions_has_a_level() -> None:
    """So that an older process knows that it is older. One that was given away does not go."""
    states = {component.package: (component.states[-1:], [component.state]) for component in components()}
    assert states
    assert [package for package, (last, today) in states.items() if last != today] == [], "run `make schema`"


def _sql_files() -> list[Path]:
    return [path for path in files() if path.suffix == ".sql" and path.name != "schema.sql"]


def _statements() -> list[Path]:
    """Return the files with one statement: migrations, functions and the tables of views are applied as they are."""
    applied = {"migrations", "functions"}
    tables = {"tables.sql", "bridge.sql"}
    found = [path for path in _sql_files() if path.parent.name not in applied and path.name not in tables]
    assert found
    return found

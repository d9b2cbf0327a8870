"""The functions of the database: applied again where their text changed, and never set back by an older process."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import asyncpg
import pytest

from modelbox_events import Log, LogUnavailableError, MigrationError, migrate
from modelbox_events.component import Component
from modelbox_events.limits import READS_LEVEL
from tests.integration.log_cases import append, assert_whole, stream

MakeVersion = Callable[[Mapping[str, str], int], Component]

LOST_RECORD = "DROP TABLE public.modelbox_functions"


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeVersion:
    """Make a version of a component: of functions by name, what each says, and how many states there were by then."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(says: Mapping[str, str], level: int) -> Component:
        name = f"toy_{uuid.uuid4().hex}"
        migrations, functions = tmp_path / name / "migrations", tmp_path / name / "functions"
        migrations.mkdir(parents=True)
        functions.mkdir()
        (tmp_path / name / "__init__.py").touch()
        (migrations / "0001_create_toy.sql").write_text("CREATE SCHEMA toy")
        (migrations / "grants.sql").write_text("GRANT USAGE ON SCHEMA toy TO modelbox_service")
        (functions / "levels.txt").write_text("# The states.\n" + "state\n" * level)
        for function, text in says.items():
            definition = f"CREATE OR REPLACE FUNCTION toy.{function}() RETURNS text LANGUAGE sql AS $$SELECT '{text}'$$"
            (functions / f"{function}.sql").write_text(f"-- Says what it is.\n{definition};\n")
        return Component("toy", name)

    return make


@pytest.fixture
async def owner(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def said(owner: asyncpg.Connection, function: str) -> object:
    """Return what a function says."""
    return await owner.fetchval(f"SELECT toy.{function}()")


async def put_by(owner: asyncpg.Connection, function: str) -> object:
    """Return by which transaction a function was put there."""
    return await owner.fetchval(
        "SELECT xmin::text FROM pg_proc WHERE pronamespace = to_regnamespace('toy') AND proname = $1", function
    )


async def test_changed_and_new_functions_are_applied_and_others_left(
    dsn: str, owner: asyncpg.Connection, version: MakeVersion
) -> None:
    await migrate(dsn, version({"same": "ever", "changed": "before"}, 1))
    put = await put_by(owner, "same")

    await migrate(dsn, version({"same": "ever", "changed": "after", "added": "now"}, 2))

    assert [await said(owner, name) for name in ("same", "changed", "added")] == ["ever", "after", "now"]
    assert await put_by(owner, "same") == put


async def test_an_older_process_does_not_put_its_text_back(
    dsn: str, owner: asyncpg.Connection, version: MakeVersion
) -> None:
    """However often either of them starts."""
    older = version({"same": "ever", "changed": "before"}, 1)
    newer = version({"same": "ever", "changed": "after"}, 2)
    for component in (older, newer, older, older, newer, older):
        await migrate(dsn, component)
    assert await said(owner, "changed") == "after"


async def test_an_older_process_brings_a_function_that_is_gone(
    dsn: str, owner: asyncpg.Connection, version: MakeVersion
) -> None:
    """A text that works, until the newer one starts again."""
    older, newer = version({"one": "before", "two": "before"}, 1), version({"one": "after", "two": "after"}, 2)
    await migrate(dsn, newer)
    await owner.execute("DROP FUNCTION toy.one()")

    await migrate(dsn, older)
    assert [await said(owner, name) for name in ("one", "two")] == ["before", "after"]

    await migrate(dsn, newer)
    assert [await said(owner, name) for name in ("one", "two")] == ["after", "after"]


async def test_a_level_counts_where_only_another_function_changed(
    dsn: str, owner: asyncpg.Connection, version: MakeVersion
) -> None:
    """An older process has no word in any function of the component."""
    await migrate(dsn, version({"one": "first", "two": "first"}, 1))
    await migrate(dsn, version({"one": "second", "two": "first"}, 2))
    await migrate(dsn, version({"one": "first", "two": "other"}, 1))
    assert [await said(owner, name) for name in ("one", "two")] == ["second", "first"]


async def test_functions_that_fail_to_apply_leave_the_rest_as_it_was(
    dsn: str, owner: asyncpg.Connection, version: MakeVersion
) -> None:
    await migrate(dsn, version({"one": "before", "two": "before"}, 1))
    with pytest.raises(LogUnavailableError, match="syntax"):
        await migrate(dsn, version({"one": "after", "two": "it's no SQL"}, 2))
    assert await said(owner, "one") == "before"


async def test_a_log_whose_functions_nobody_recorded_opens_and_gets_todays(dsn: str, owner: asyncpg.Connection) -> None:
    """As after a restore of a dump by an administrator, or of an earlier version's."""
    query = "SELECT prosrc FROM pg_proc WHERE oid = 'modelbox.end_rehearsal(bigint)'::regprocedure"
    todays = await owner.fetchval(query)
    former = "CREATE OR REPLACE FUNCTION modelbox.end_rehearsal(requests bigint) RETURNS void LANGUAGE sql AS ''"
    await owner.execute(f"{LOST_RECORD}; {former}")
    log = await Log.open(dsn)
    await log.append(append(stream()))

    await migrate(dsn)

    assert await owner.fetchval(query) == todays
    await log.append(append(stream()))
    assert len(await assert_whole(log)) == 2
    await log.close()


async def test_a_log_that_lacks_a_function_says_so_and_is_mended_by_a_start(
    dsn: str, owner: asyncpg.Connection
) -> None:
    await owner.execute("DROP FUNCTION modelbox.end_rehearsal(bigint)")
    with pytest.raises(MigrationError, match=r"lacks.*modelbox\.end_rehearsal.*start the server"):
        await Log.open(dsn)

    await migrate(dsn)

    await (await Log.open(dsn)).close()


async def test_appends_go_on_while_functions_are_replaced(log: Log, owner: asyncpg.Connection) -> None:
    """By a newer version, which changes them all, beside processes that append."""

    async def append_often() -> None:
        to = stream()
        for _ in range(40):
            await log.append(append(to))

    async def replace_often() -> None:
        for _ in range(10):
            await owner.execute("DELETE FROM public.modelbox_functions")
            await migrate(log.database.dsn)

    await asyncio.gather(replace_often(), *(append_often() for _ in range(4)))

    assert len(await assert_whole(log)) == 160


async def test_the_service_alone_calls_the_functions_of_the_log(log: Log, owner: asyncpg.Connection) -> None:
    """But for what only triggers call."""
    rows = await owner.fetch(
        """SELECT proname, has_function_privilege($1, oid, 'EXECUTE'), has_function_privilege('public', oid, 'EXECUTE')
           FROM pg_proc WHERE pronamespace = 'modelbox'::regnamespace AND prorettype <> 'trigger'::regtype""",
        log.database.role,
    )
    assert rows
    assert [name for name, by_service, by_all in rows if not by_service or by_all] == []


async def test_an_empty_log_has_the_newest_format_level_that_is_read_here(log: Log) -> None:
    assert log.head.format_level == READS_LEVEL

"""A database that cannot hold every text is refused before anything is in it."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from structlog.testing import capture_logs

from modelbox_events import Log, MigrationError, migrate
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from tests.databases import dsn_of
from tests.integration.log.former_version import migrate_as_before
from tests.integration.log_cases import append, assert_whole, stream

Create = Callable[[str], Awaitable[str]]


@pytest.fixture
async def create(postgres_server: EmbeddedPostgres) -> AsyncIterator[Create]:
    """Create a database with the end of a statement; return its dsn. They are dropped afterwards."""
    admin = await asyncpg.connect(postgres_server.dsn)
    names: list[str] = []

    async def create_one(statement: str) -> str:
        names.append(f"encoded_{uuid.uuid4().hex[:12]}")
        await admin.execute(statement.replace("NAME", names[-1]))
        return dsn_of(postgres_server, names[-1])

    yield create_one
    for name in names:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.close()


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252", "EUC_JP", "SQL_ASCII"])
async def test_a_new_database_of_another_encoding_is_refused_with_what_creates_it(
    create: Create, postgres_server: EmbeddedPostgres, encoding: str
) -> None:
    """In one line; its SQL works as it is."""
    dsn = await create(f"CREATE DATABASE NAME TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")

    with pytest.raises(MigrationError, match=f"has the encoding {encoding}, not UTF8") as refused:
        await migrate(dsn)

    remedy = str(refused.value).partition("create it anew: ")[2]
    assert "\n" not in str(refused.value)
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT count(*) FROM pg_class WHERE relname LIKE 'modelbox%'") == 0
    name = await connection.fetchval("SELECT current_database()")
    await connection.close()
    admin = await asyncpg.connect(postgres_server.dsn)
    await admin.execute(f"DROP DATABASE {name}")
    await admin.execute(remedy)
    await admin.close()
    await migrate(dsn)


async def test_a_log_of_another_encoding_that_an_earlier_version_filled_goes_on(create: Create) -> None:
    """With a warning at each start."""
    dsn = await create("CREATE DATABASE NAME TEMPLATE template0 ENCODING 'WIN1252' LOCALE 'C'")
    connection = await asyncpg.connect(dsn)
    await migrate_as_before(connection)
    await connection.close()

    with capture_logs() as logged:
        await migrate(dsn)

    assert [line["encoding"] for line in logged if line["event"] == "database_has_other_encoding"] == ["WIN1252"]
    log = await Log.open(dsn)
    await log.append(append(stream()))
    assert len(await assert_whole(log)) == 1
    await log.close()

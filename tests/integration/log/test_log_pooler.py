"""A pooler between the log and Postgres: one that keeps sessions serves, one that does not is told from it at once."""

import asyncio

import pytest

from modelbox_events import Log, LogRefusedError
from modelbox_gateway.backing import open_log
from modelbox_gateway.config import Config
from modelbox_gateway.operator_errors import DatabaseRefusedError
from modelbox_gateway.sections import PostgresSettings
from tests.integration.log.pooler import needs_pgbouncer, pgbouncer
from tests.integration.log.transaction_pooler import TransactionPooler
from tests.integration.log_cases import append, assert_whole, stream


@needs_pgbouncer
@pytest.mark.parametrize("more", ["", "ignore_startup_parameters = role, jit, extra_float_digits"])
async def test_a_pooler_that_keeps_sessions_serves_as_postgres_does(dsn: str, more: str) -> None:
    """Whatever it takes or ignores at a session's start: we work as the service, and our limits hold."""
    async with pgbouncer(dsn, "session", more=more) as pooled:
        log = await _open(pooled)
        await asyncio.gather(*(log.append(append(stream())) for _ in range(50)))
        async with log.database.acquire() as connection:
            assert await connection.fetchval("SELECT current_user") != "postgres"
            assert await connection.fetchval("SHOW statement_timeout") == "1min"
        assert len(await assert_whole(log)) == 50
        await log.close()


@needs_pgbouncer
@pytest.mark.parametrize("more", ["", "server_round_robin = 1", "ignore_startup_parameters = role, jit"])
async def test_a_pooler_that_hands_out_backends_by_transaction_is_refused_at_start(dsn: str, more: str) -> None:
    async with pgbouncer(dsn, "transaction", more=more) as pooled:
        async with asyncio.timeout(10):
            with pytest.raises(DatabaseRefusedError, match="pool_mode = session"):
                await _open(pooled)
            with pytest.raises(LogRefusedError, match="pool_mode = session"):
                await Log.open(pooled)


async def test_what_is_shared_by_transaction_is_told_whichever_pooler_it_is(dsn: str) -> None:
    base, _, query = dsn.partition("?")
    sockets = query.split("host=")[1].split("&", maxsplit=1)[0]
    async with TransactionPooler(sockets, "postgres", base.rpartition("/")[2]) as pooler:
        pooled = base.replace("@/", f"@127.0.0.1:{pooler.port}/")
        async with asyncio.timeout(10):
            with pytest.raises(DatabaseRefusedError, match="pool_mode = session"):
                await _open(pooled)


async def _open(dsn: str) -> Log:
    config = Config(metadata_storage="postgres", metadata_storage_postgres=PostgresSettings(dsn=dsn))
    return await open_log(config, dsn, on_migrated=lambda: None)

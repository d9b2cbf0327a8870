"""The servers behind the service: its own embedded ones, started here, or those that the configuration names.

Must not know: what is stored or published.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Final

import asyncpg
import structlog

from modelbox_events import Log, LogUnavailableError, migrate
from modelbox_gateway.blobs import Blobs
from modelbox_gateway.blobs.opening import store_of
from modelbox_gateway.config import Config, Role
from modelbox_gateway.embedded.keeper import keep_running
from modelbox_gateway.embedded.nats import EmbeddedNats
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from modelbox_gateway.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from modelbox_gateway.members import prepare_members
from modelbox_gateway.operator_errors import ArtifactStorageError, DatabaseRefusedError, StartTimeoutError
from modelbox_projections import prepare

_RETRY_PAUSE_S: Final = 0.5

_log = structlog.get_logger()

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
"""Runs a coroutine in the background, under a name, until the service stops."""


def check_role(config: Config, roles: frozenset[Role]) -> None:
    """See that a process that carries files only shares its log and its store with the gateways it stands beside.

    Raises:
        ArtifactStorageError: It would have a log or a store of its own, where nobody looks.
    """
    if roles != {Role.BLOBS}:
        return
    remedy = "(`modelbox server info` of the gateway prints it)"
    if config.metadata_storage == "integrated":
        problem = (
            f'--role blobs needs the Postgres of the gateways; set metadata_storage = "postgres" and its dsn {remedy}'
        )
        raise ArtifactStorageError(problem)
    if config.artifact_storage == "filesystem" and not config.artifact_storage_filesystem.folder:
        raise ArtifactStorageError(
            "--role blobs needs the folder of the gateways; set artifact_storage_filesystem.folder here and there"
        )


async def start_postgres(config: Config, stack: AsyncExitStack, spawn: Spawn) -> str:
    """Return the dsn of Postgres: an embedded one that runs until `stack` closes, or the configured one.

    Raises:
        EmbeddedServerError: The embedded Postgres did not start.
    """
    if config.metadata_storage == "postgres":
        return config.metadata_storage_postgres.dsn
    server = EmbeddedPostgres(config.data_folder / "postgres", start_timeout_s=config.start_timeout_s)
    stack.push_async_callback(server.stop)
    await server.start()
    spawn(keep_running("postgres", server), "keep postgres")
    _log.info("postgres_started", pid=server.pid)
    return server.dsn


async def start_nats(config: Config, stack: AsyncExitStack, spawn: Spawn) -> tuple[str, ...]:
    """Return the NATS servers: an embedded one that runs until `stack` closes, or the configured ones.

    Raises:
        EmbeddedServerError: The embedded nats-server did not start.
    """
    if config.change_stream == "nats":
        return config.change_stream_nats.servers
    server = EmbeddedNats(config.data_folder / "nats")
    stack.push_async_callback(server.stop)
    await server.start()
    spawn(keep_running("nats", server), "keep nats")
    _log.info("nats_started", pid=server.pid, url=server.url)
    return (server.url,)


async def open_log(config: Config, dsn: str, *, on_migrated: Callable[[], None]) -> Log:
    """Bring the database to this version's shape and open the log, waiting for a Postgres that is not up yet.

    Args:
        config: For the connections, `allow_unsafe` and `start_timeout_s`.
        dsn: Where Postgres is.
        on_migrated: Called when every migration is applied.

    Raises:
        StartTimeoutError: Postgres did not answer in time.
        DatabaseRefusedError: Postgres refuses the account, the database or a right.
        UnsafeDatabaseError: Postgres is set so that an acknowledged append could be lost.
        MigrationError: The database belongs to another version.
    """
    allow_unsafe = config.metadata_storage_postgres.allow_unsafe
    deadline = asyncio.get_running_loop().time() + config.start_timeout_s
    while True:
        try:
            await migrate(dsn)
            await prepare(dsn)
            await prepare_members(dsn)
            on_migrated()
            log = await Log.open(dsn, allow_unsafe=allow_unsafe, pool_size=config.database_connections)
        except LogUnavailableError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise StartTimeoutError(
                    "Postgres", error.problem, key="metadata_storage_postgres.dsn", timeout_s=config.start_timeout_s
                ) from error
            _log.warning("postgres_unavailable", error=error.problem)
            await asyncio.sleep(_RETRY_PAUSE_S)
        except asyncpg.PostgresError as error:
            raise DatabaseRefusedError(str(error)) from error
        else:
            if allow_unsafe:
                _log.warning("unsafe_database_allowed", consequence="acknowledged events can be lost")
            return log


async def open_blobs(config: Config) -> Blobs:
    """Open the store of artifacts, waiting for one that is not up yet.

    Raises:
        StartTimeoutError: It did not answer in time.
        ArtifactStorageError: It refuses: a bucket that is missing, a key that is wrong.
    """
    deadline = asyncio.get_running_loop().time() + config.start_timeout_s
    while True:
        try:
            return await Blobs.open(store_of(config))
        except BlobStoreRefusedError as error:
            raise ArtifactStorageError(str(error)) from error
        except BlobStoreUnavailableError as error:
            if asyncio.get_running_loop().time() > deadline:
                key = f"artifact_storage_{config.artifact_storage}"
                raise StartTimeoutError(
                    "the store of artifacts", error.problem, key=key, timeout_s=config.start_timeout_s
                ) from error
            _log.warning("artifact_storage_unavailable", error=error.problem)
            await asyncio.sleep(_RETRY_PAUSE_S)

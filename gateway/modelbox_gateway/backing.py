"""The servers behind the service: its own embedded ones, started here, or those that the configuration names."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Final, NamedTuple

import structlog

from modelbox_events import EventsError, Log, LogRefusedError, LogUnavailableError, migrate
from modelbox_events.connections import CONNECTIONS_BESIDE_POOL, connection_limits
from modelbox_events.database import connecting
from modelbox_events.migrate import end_shared_role
from modelbox_events.outage import Outage
from modelbox_events.session import refuse_shared_sessions
from modelbox_events.shared_role import wait_until_unused
from modelbox_gateway.blobs import Blobs
from modelbox_gateway.blobs.claim import Claim
from modelbox_gateway.blobs.opening import store_of
from modelbox_gateway.config import Config, Role
from modelbox_gateway.embedded import nats, postgres
from modelbox_gateway.embedded.logs import keep_short
from modelbox_gateway.embedded.nats import EmbeddedNats
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from modelbox_gateway.embedded.supervisor import Supervisor
from modelbox_gateway.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from modelbox_gateway.members import StoreOfLog, prepare_members
from modelbox_gateway.operator_errors import (
    ArtifactStorageError,
    ConnectionsTakenError,
    DatabaseRefusedError,
    StartTimeoutError,
    TooFewConnectionsError,
)
from modelbox_projections import prepare

_RETRY_PAUSE_S: Final = 0.5
_TAKEN_S_MAX: Final = 3.0
"""How long a start waits for a free connection: those of a process that has just ended are free by then."""
_TAKEN: Final = "53300"
_CONNECTIONS_OF_COMMANDS: Final = 30  # commands beside the server, other processes of its log, a person who looks
_REMEDIES: Final = {
    "28P01": "correct the account and password of metadata_storage_postgres.dsn",
    "28000": "correct the account of metadata_storage_postgres.dsn, or let it log in (pg_hba.conf, LOGIN)",
    "3D000": "create that database, owned by the account, or correct metadata_storage_postgres.dsn",
    "25006": "make it writable: it is a standby, or keeps itself from filling its disk",
    "": "correct metadata_storage_postgres.dsn, or what stands between it and Postgres",
}
"""What to do about what Postgres refuses, by SQLSTATE, where it is not the account that lacks something."""

_log = structlog.get_logger()

Spawn = Callable[[Callable[[], Awaitable[None]], str], None]
"""Does some work in the background, under a name, until the service stops; whatever fails in it begins again."""


def check_role(config: Config, roles: frozenset[Role]) -> None:
    """See that a process that carries files only shares its log and its store with the gateways it stands beside.

    Raises:
        ArtifactStorageError: It would have a log or a store of its own, where nobody looks.
    """
    if roles != {Role.BLOBS}:
        return
    remedy = "(`modelbox server info --show-secrets` of the gateway prints it)"
    if config.metadata_storage == "integrated":
        problem = (
            f'--role blobs needs the Postgres of the gateways; set metadata_storage = "postgres" and its dsn {remedy}'
        )
        raise ArtifactStorageError(problem)
    if config.artifact_storage == "filesystem" and not config.artifact_storage_filesystem.folder:
        raise ArtifactStorageError(
            "--role blobs needs the folder of the gateways; set artifact_storage_filesystem.folder here and there"
        )


async def start_postgres(
    config: Config, stack: AsyncExitStack, spawn: Spawn, on_supervisor: Callable[[Supervisor], None]
) -> str:
    """Return the dsn of Postgres: an embedded one that runs until `stack` closes, or the configured one.

    Args:
        config: Says which.
        stack: Closes at the end of the service.
        spawn: Runs what keeps it up.
        on_supervisor: Called with what keeps an embedded one up.

    Raises:
        EmbeddedServerError: The embedded Postgres did not start.
    """
    if config.metadata_storage == "postgres":
        return config.metadata_storage_postgres.dsn
    folder = config.data_folder / "postgres"
    needed = config.database_connections + CONNECTIONS_BESIDE_POOL + _CONNECTIONS_OF_COMMANDS
    server = EmbeddedPostgres(
        folder,
        connections_max=max(postgres.CONNECTIONS_MAX, needed),
        start_timeout_s=config.start_timeout_s,
    )
    stack.push_async_callback(server.stop)
    await server.start()
    supervisor = Supervisor("postgres", server)
    spawn(supervisor.run, "keep postgres")
    spawn(partial(keep_short, [folder / postgres.LOG]), "postgres log")
    on_supervisor(supervisor)
    _log.info("postgres_started", pid=server.pid)
    return server.dsn


class Nats(NamedTuple):
    """The NATS servers: where the relay connects, what others are told, and an embedded one."""

    servers: tuple[str, ...]
    shown: tuple[str, ...]
    follower_file: str = ""
    embedded: EmbeddedNats | None = None


async def start_nats(
    config: Config, stack: AsyncExitStack, spawn: Spawn, on_supervisor: Callable[[Supervisor], None]
) -> Nats:
    """Return the NATS servers: an embedded one that runs until `stack` closes, or the configured ones.

    An embedded one that does not start is tried again and again: calls are taken without a feed.

    Args:
        config: Says which.
        stack: Closes at the end of the service.
        spawn: Runs what keeps it up.
        on_supervisor: Called with what keeps an embedded one up.
    """
    if config.change_stream == "nats":
        return Nats(config.change_stream_nats.servers, config.change_stream_nats.servers)
    folder = config.data_folder / "nats"
    server = EmbeddedNats(folder)
    stack.push_async_callback(server.stop)
    server.prepare()
    supervisor = Supervisor("nats", server)
    on_supervisor(supervisor)
    if await supervisor.start():
        _log.info("nats_started", pid=server.pid, url=server.address)
    spawn(supervisor.run, "keep nats")
    spawn(partial(keep_short, [folder / nats.LOG]), "nats log")
    return Nats((server.url,), (server.address,), str(server.follower_file), server)


async def open_log(config: Config, dsn: str, *, on_migrated: Callable[[], None]) -> Log:
    """Bring the database to this version's shape and open the log, waiting for a Postgres that is not up yet.

    Args:
        config: For the connections, `allow_unsafe` and `start_timeout_s`.
        dsn: Where Postgres is.
        on_migrated: Called when every migration is applied.

    Raises:
        StartTimeoutError: Postgres did not answer in time.
        TooFewConnectionsError: Postgres allows fewer connections than this process may open.
        ConnectionsTakenError: Every connection that it allows is taken.
        DatabaseRefusedError: Postgres refuses the account, the database or a right.
        UnsafeDatabaseError: Postgres is set so that an acknowledged append could be lost.
        MigrationError: The database belongs to another version.
    """
    allow_unsafe = config.metadata_storage_postgres.allow_unsafe
    deadline = asyncio.get_running_loop().time() + config.start_timeout_s
    outage = Outage()
    while True:
        try:
            with connecting():
                await refuse_shared_sessions(dsn)
            await migrate(dsn)
            await prepare(dsn)
            await prepare_members(dsn)
            await _check_connections(config, dsn)
            on_migrated()
            log = await Log.open(dsn, allow_unsafe=allow_unsafe, pool_size=config.database_connections)
        except LogRefusedError as error:
            raise DatabaseRefusedError(error.problem, remedy=_REMEDIES.get(error.sqlstate)) from error
        except LogUnavailableError as error:
            if error.sqlstate == _TAKEN and outage.seconds > _TAKEN_S_MAX:
                wanted = config.database_connections + CONNECTIONS_BESIDE_POOL
                raise ConnectionsTakenError(error.problem, wanted=wanted) from error
            if asyncio.get_running_loop().time() > deadline:
                raise StartTimeoutError(
                    "Postgres", error.problem, key="metadata_storage_postgres.dsn", timeout_s=config.start_timeout_s
                ) from error
            outage.warn("postgres_unavailable", error)
            await asyncio.sleep(_RETRY_PAUSE_S)
        else:
            if allow_unsafe:
                _log.warning("unsafe_database_allowed", consequence="acknowledged events can be lost")
            return log


async def _check_connections(config: Config, dsn: str) -> None:
    limits = await connection_limits(dsn)
    wanted, beside = config.database_connections, CONNECTIONS_BESIDE_POOL
    if wanted + beside > limits.allowed:
        raise TooFewConnectionsError(wanted=wanted, beside=beside, allowed=limits.allowed)
    if wanted + beside > limits.allowed - limits.held:
        held, allowed = limits.held, limits.allowed
        _log.warning("connections_may_run_out", needed=wanted + beside, allowed=allowed, held=held)
    if limits.is_superuser and config.metadata_storage == "postgres":
        consequence = "who has the dsn may change what the log holds"
        _log.warning("dsn_is_superuser", consequence=consequence, remedy="use an account that just owns the database")


async def finish_upgrade(dsn: str) -> None:
    """Once no process of an earlier version is left, take the rights of the role that its databases shared."""
    if not await wait_until_unused(dsn):
        return
    try:
        await end_shared_role(dsn)
        await prepare(dsn)  # what such a process has filled meanwhile becomes the service's own
    except EventsError as error:
        _log.error("shared_role_keeps_rights", error=str(error), remedy="the next start tries again")
    else:
        _log.info("shared_role_lost_rights")


async def open_blobs(config: Config, log: Log, *, dry_run: bool = False) -> tuple[Blobs, Claim]:
    """Open the store of artifacts and make it this log's, waiting for one that is not up yet.

    Args:
        config: Says which store.
        log: Whose events name what is in it.
        dry_run: Only see that it is no other log's.

    Raises:
        StartTimeoutError: It did not answer in time.
        ArtifactStorageError: It refuses: a bucket that is missing, a key that is wrong, a log that it belongs to.
    """
    deadline = asyncio.get_running_loop().time() + config.start_timeout_s
    outage = Outage()
    while True:
        try:
            blobs = await Blobs.open(store_of(config))
            try:
                claim = Claim(blobs, log.read_epochs, StoreOfLog(log.database).hold)
                await claim.take(dry_run=dry_run)
            except BaseException:
                await blobs.close()
                raise
        except BlobStoreRefusedError as error:
            raise ArtifactStorageError(str(error)) from error
        except BlobStoreUnavailableError as error:
            if asyncio.get_running_loop().time() > deadline:
                key = f"artifact_storage_{config.artifact_storage}"
                raise StartTimeoutError(
                    "the store of artifacts", error.problem, key=key, timeout_s=config.start_timeout_s
                ) from error
            outage.warn("artifact_storage_unavailable", error)
            await asyncio.sleep(_RETRY_PAUSE_S)
        else:
            return blobs, claim

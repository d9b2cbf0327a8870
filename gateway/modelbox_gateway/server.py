"""The composition root: builds every part of the service, starts them in order, stops them in reverse.

data folder lock → HTTP and Prometheus → Postgres → migrations → log → NATS → relay, projections → gRPC
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import structlog
import uvloop
from prometheus_client import CollectorRegistry

from modelbox_events import Log
from modelbox_events.background import keep_going
from modelbox_events.feed import Relay
from modelbox_gateway.backing import (
    Nats,
    Spawn,
    check_role,
    finish_upgrade,
    open_blobs,
    open_log,
    start_nats,
    start_postgres,
)
from modelbox_gateway.config import ALL_ROLES, Address, Config, Role
from modelbox_gateway.disks import Disks
from modelbox_gateway.embedded.supervisor import Supervisor
from modelbox_gateway.errors import ListenError
from modelbox_gateway.feed_repair import FeedRepair
from modelbox_gateway.health import Health, Look
from modelbox_gateway.http import HttpServer, bound_address, health_app, listen_all, metrics_app
from modelbox_gateway.limits import prepare_process
from modelbox_gateway.members import Lease, Member
from modelbox_gateway.memory import keep_buffers, settle_objects
from modelbox_gateway.metrics import registry_of
from modelbox_gateway.operator_errors import AddressError, first_of, refused_by_machine
from modelbox_gateway.parts import FeedPart, LogPart, Parts, ProjectionsPart, look_at
from modelbox_gateway.readiness import Readiness, once_ready
from modelbox_gateway.reaper import reap_orphans
from modelbox_gateway.rpc.server import GrpcServer, create_grpc_server
from modelbox_gateway.runfile import DataFolderLock, RunFile
from modelbox_gateway.services import Services
from modelbox_gateway.signals import handle_signals
from modelbox_gateway.sweeping import NamedBlobs, keep_claimed, keep_swept, look_at_store
from modelbox_projections import ProjectionRunner, Views

FLUSH_TIMEOUT_S: Final = 2.0
"""How long a stop waits for the feed to reach the log's end; the next start resumes it anyway."""
_FLUSH_POLL_S: Final = 0.02
_READY_POLL_S: Final = 0.05
_HEALTH_POLL_S: Final = 1.0

_log = structlog.get_logger()


def run(config: Config, roles: frozenset[Role] = ALL_ROLES, *, reload: Callable[[], None]) -> None:
    """Serve until a signal to stop, then finish what was accepted and return.

    Args:
        config: Every key.
        roles: What to run.
        reload: Called at SIGHUP: see signals.py.

    Raises:
        OperatorError: The service cannot start; the message says what to do.
        EmbeddedServerError: An embedded server did not start.
        EventsError: The database cannot serve the log.
        asyncio.CancelledError: A second signal cut the stop short.
    """
    check_role(config, roles)
    keep_buffers()
    settle_objects()
    prepare_process()
    with DataFolderLock(config.data_folder) as lock:
        try:
            uvloop.run(_serve(config, roles, lock, reload))
        except BaseExceptionGroup as group:
            first = first_of(group)
            raise refused_by_machine(first) or first from group


async def _serve(config: Config, roles: frozenset[Role], lock: DataFolderLock, reload: Callable[[], None]) -> None:
    stopping = asyncio.Event()
    serving = asyncio.ensure_future(Server(config, roles, lock).run(stopping))
    handle_signals(stopping, cut_short=serving.cancel, reload=reload)
    await serving
    _log.info("stopped")


class Server:
    """The service in one process: some roles or all."""

    def __init__(self, config: Config, roles: frozenset[Role], lock: DataFolderLock) -> None:
        """Serve with this configuration; `lock` holds its data folder."""
        self._config = config
        self._roles = roles
        self._lock = lock
        self._parts = Parts()
        self._readiness = Readiness(_parts_of(roles), details=self._parts.details)
        self._health = Health()
        if Role.RELAY in roles:
            self._health.watch("feed", lambda: Look("starting"))
        self._grpc: GrpcServer | None = None
        self._lease: Lease | None = None
        self._doors: dict[str, HttpServer] = {}
        self._background: list[asyncio.Task[None]] = []

    async def run(self, stopping: asyncio.Event) -> None:
        """Start, serve until `stopping` is set, finish what was accepted, stop."""
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            self._open_doors(tasks)
            starting = tasks.create_task(self._start(stack, tasks), name="start")
            await stopping.wait()
            starting.cancel()  # has no effect on a start that is complete
            await asyncio.wait({starting})
            await self._finish()
            for task in self._background:
                task.cancel()
            for door in self._doors.values():
                door.stop()

    def _open_doors(self, tasks: asyncio.TaskGroup) -> None:
        """Answer HTTP from the first moment, so that `/readyz` can say what is missing."""
        config = self._config
        keys = ("http_listen_addr", "prometheus_addr")
        # An address in use is told before servers are started. gRPC binds its own then.
        listeners = listen_all({key: getattr(config, key) for key in (*keys, *self._grpc_key)})
        for key in self._grpc_key:
            listeners.pop(key).close()
        apps = {
            "http_listen_addr": health_app(self._readiness, self._health),
            "prometheus_addr": metrics_app(self._metrics(tasks)),
        }
        for key, app in apps.items():
            door = HttpServer(app, listeners[key])
            self._doors[key] = door
            tasks.create_task(door.run_until_stopped(), name=key)

    def _metrics(self, tasks: asyncio.TaskGroup) -> CollectorRegistry:
        folders = {"data_dir": self._config.data_folder}
        if self._config.artifact_storage == "filesystem":
            folders["artifacts"] = self._config.blob_folder
        disks = Disks(folders)
        self._background.append(tasks.create_task(disks.follow(), name="disks"))
        registry = registry_of(self._parts.samples()._replace(fine=lambda: self._health.fine))
        registry.register(disks)
        return registry

    async def _start(self, stack: AsyncExitStack, tasks: asyncio.TaskGroup) -> None:
        def spawn(work: Callable[[], Awaitable[None]], name: str) -> None:
            self._background.append(tasks.create_task(keep_going(name, work), name=name))

        spawn(reap_orphans, "orphans")
        dsn = await start_postgres(self._config, stack, spawn, self._watch)
        log = await open_log(self._config, dsn, on_migrated=lambda: self._readiness.watch("migrations", _no_problem))
        stack.push_async_callback(log.close)
        self._parts.log = LogPart(log)
        self._readiness.watch("log", self._parts.log.problem)
        spawn(partial(finish_upgrade, dsn), "upgrade")
        nats = Nats((), ())
        if Role.RELAY in self._roles:
            nats = await start_nats(self._config, stack, spawn, self._watch)
            self._start_relay(log, nats, spawn)
        runner = ProjectionRunner(log)
        if Role.PROJECTIONS in self._roles:
            spawn(runner.run, "projections")
        self._parts.projections = ProjectionsPart(log, runner)
        self._readiness.watch("projections", once_ready(self._parts.projections.problem))
        self._health.watch("projections", self._parts.projections.look)
        spawn(self._parts.projections.follow, "projection states")
        grpc_address = await self._start_grpc(log, runner, stack, spawn) if self._takes_calls else ""
        http_address = str(bound_address(self._doors["http_listen_addr"].listener))
        self._lease = Lease(log, Member.here(grpc_address, http_address))
        spawn(self._lease.keep, "member lease")
        run_file = self._run_file(dsn, nats, log=log, grpc_address=grpc_address)
        self._lock.publish(run_file)
        _log.info("serving", **msgspec.structs.asdict(run_file))
        spawn(self._follow_readiness, "readiness")

    def _start_relay(self, log: Log, nats: Nats, spawn: Spawn) -> None:
        settings = self._config.change_stream_nats
        credentials = Path(settings.credentials) if settings.credentials else None
        relay = Relay(
            log,
            nats.servers,
            credentials=credentials,
            replicas=settings.replicas,
            repairs=nats.embedded is not None,  # a NATS of others is theirs to look into first
            alone=nats.embedded is not None,
        )
        repair = FeedRepair(nats.embedded, lambda: relay.status) if nats.embedded else None
        self._parts.feed = FeedPart(relay, repair)
        self._health.watch("feed", self._parts.feed.look)
        spawn(relay.run, "relay")
        if repair:
            spawn(repair.run, "feed repair")

    def _watch(self, supervisor: Supervisor) -> None:
        self._health.watch(f"{supervisor.name} server", lambda: look_at(supervisor))

    @property
    def _takes_calls(self) -> bool:
        return bool(self._roles & {Role.GATEWAY, Role.BLOBS})

    @property
    def _grpc_key(self) -> tuple[str, ...]:
        return ("listen_addr",) if self._takes_calls else ()

    async def _start_grpc(self, log: Log, runner: ProjectionRunner, stack: AsyncExitStack, spawn: Spawn) -> str:
        """Start to take calls and return the address."""
        blobs, claim = await open_blobs(self._config, log)
        stack.push_async_callback(blobs.close)
        self._health.watch("artifacts", partial(look_at_store, blobs))
        spawn(partial(keep_claimed, blobs, claim), "store of artifacts")
        services = Services(log=log, views=Views(log.database), cursors=runner.cursors, blobs=blobs)
        wanted = Address.parse(self._config.listen_addr)
        only_transfers = Role.GATEWAY not in self._roles
        if not only_transfers:
            named = NamedBlobs(log, services.views, services.cursors)
            spawn(partial(keep_swept, blobs, named, claim), "sweep")
        self._grpc = create_grpc_server(services, str(wanted), only_transfers=only_transfers)
        # After a stop in order there is nothing left to cut off; after any other, calls end before what they use.
        stack.push_async_callback(self._grpc.stop, 0.0)
        try:
            port = await self._grpc.start()
        except ListenError as error:
            raise AddressError("listen_addr", str(wanted), error.problem) from error
        self._readiness.watch("gateway", _no_problem)
        return str(wanted._replace(port=port))

    def _run_file(self, dsn: str, nats: Nats, *, log: Log, grpc_address: str) -> RunFile:
        bound = {key: str(bound_address(door.listener)) for key, door in self._doors.items()}
        return RunFile(
            pid=self._lock.pid,
            roles=tuple(sorted(self._roles)),
            grpc_addr=grpc_address,
            http_addr=bound["http_listen_addr"],
            prometheus_addr=bound["prometheus_addr"],
            postgres_dsn=dsn,
            nats_url=",".join(nats.shown),
            nats_follower_file=nats.follower_file,
            log_id=str(log.log_id),
            data_dir=self._config.data_dir,
        )

    async def _follow_readiness(self) -> None:
        """Tell the log when the service becomes ready, and the gRPC health service whether it is."""
        was_ready = False
        while True:
            report = await self._readiness.report()
            self._health.report(report)
            is_ready = report.status == "ready"
            if is_ready != was_ready:
                _log.info(report.status.replace(" ", "_"), missing=report.missing)
                if self._grpc is not None:
                    await self._grpc.set_serving(serving=is_ready)
            was_ready = is_ready
            await asyncio.sleep(_HEALTH_POLL_S if is_ready else _READY_POLL_S)

    async def _finish(self) -> None:
        """Take no more calls, finish the open ones, and give the feed a moment to reach the log's end."""
        self._readiness.stop()
        try:
            async with asyncio.timeout(self._config.stop_timeout_s):
                if self._lease is not None:
                    await self._lease.leave()
                if self._grpc is not None:
                    await self._grpc.stop(max(0.0, self._config.stop_timeout_s - FLUSH_TIMEOUT_S))
                async with asyncio.timeout(FLUSH_TIMEOUT_S):
                    while self._parts.feed_is_behind():  # noqa: ASYNC110  the relay tells its lag to those who ask
                        await asyncio.sleep(_FLUSH_POLL_S)
        except TimeoutError:
            _log.warning("stop_cut_short", details=self._parts.details())


def _parts_of(roles: frozenset[Role]) -> tuple[str, ...]:
    gateway = ("gateway",) if roles & {Role.GATEWAY, Role.BLOBS} else ()
    return ("migrations", "log", "projections", *gateway)


async def _no_problem() -> str:
    return ""

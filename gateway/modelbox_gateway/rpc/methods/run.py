"""Runs: CreateRun, ListRuns, GetRun, SetRunStatus, HeartbeatRuns."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import msgspec

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Appended, StreamRef, new_id
from modelbox_events.ids import object_id
from modelbox_events.types.experiment import EXPERIMENT
from modelbox_events.types.run import RUN, RunCreated, Source
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.limits import STREAMS_CACHED_MAX
from modelbox_gateway.commands.lru import LruMap
from modelbox_gateway.errors import InvalidFieldError, ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import HEARTBEAT_NEXT_S, HEARTBEAT_RUNS_MAX
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.lookup.listing import keys_listed, search_page
from modelbox_gateway.rpc.lookup.rows import current_row
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import file_message, id_text, metadata_message, optional_timestamp, timestamp
from modelbox_gateway.rpc.messages.attached import ATTACHED_VIEWS, Shown, fill_keys, object_messages
from modelbox_gateway.rules import fields, limits, run
from modelbox_projections import Scope, heartbeats
from modelbox_projections.runs.kind import RunRow
from modelbox_projections.runs.kind import Runs as RunsView

_VIEWS: Final = ("runs", *ATTACHED_VIEWS)
_STATUSES: Final[Mapping[int, run.Status]] = {
    pb.RUNNING: "running",
    pb.FINISHED: "finished",
    pb.FAILED: "failed",
    pb.KILLED: "killed",
}


class Runs:
    """Of which experiment each run is: it never changes, so it is remembered."""

    def __init__(self, backend: Backend) -> None:
        """Read from `backend`."""
        self._creations = backend.creations
        self._experiments: LruMap[UUID, UUID] = LruMap(STREAMS_CACHED_MAX, backend.services.log.head)

    def remember(self, created: RunCreated) -> None:
        """Take note of a run."""
        self._experiments.put(created.run_id, created.experiment_id)

    async def experiment_of(self, stream: StreamRef) -> UUID:
        """Return the experiment of a run that exists."""
        known = self._experiments.get(stream.id)
        if known is None:
            created = (await self._creations.first(stream, RunCreated)).event
            known = created.experiment_id
            self.remember(created)
        return known


class RunMethods:
    """The methods on runs."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._runs = backend.shared(Runs)
        self._executor = backend.executors.of(run.STATUS)

    async def create_run(self, request: pb.CreateRunRequest, call: Call) -> pb.CreateRunResponse:
        """Begin a run; with the id of one that exists, that one is answered."""
        run_id = fields.object_id("id", request.id) if request.id else new_id()
        experiment_id = fields.object_id("experiment_id", request.experiment_id)
        create = partial(
            run.CreateRun,
            id=run_id,
            name=fields.optional_name("name", request.name),
            owner=fields.optional_name("owner", request.owner),
            started_at=requests.time_or_now("started_at", request, "started_at"),
            source=_source_of("source", request.source) if request.HasField("source") else None,
            comment=fields.description("comment", request.comment),
            labels=requests.labels_of("labels", request.labels),
            metadata=requests.metadata_of("metadata", request.metadata),
            hyperparameters=requests.hyperparameters_of("hyperparameters", request.hyperparameters),
            external_id=fields.optional_name("external_id", request.external_id),
        )
        parent_id = fields.object_id("parent_id", request.parent_id) if request.parent_id else None
        begun_at = requests.time_of("begun_at", request.begun_at) if request.HasField("begun_at") else None
        caller = call.caller(request)
        # Every field is judged before anything is looked up.
        objects = self._backend.objects
        experiment = await objects.find("experiment_id", experiment_id, kind=EXPERIMENT)
        parent = None if parent_id is None else await objects.find("parent_id", parent_id, kind=RUN)
        command = create(experiment=experiment, parent=parent)
        created = await self._backend.creations.create(run.creation(command), caller)
        run.refuse_another(command, created.event)
        self._runs.remember(created.event)
        stream = StreamRef(experiment.namespace, RUN, created.event.run_id)
        objects.remember(stream)
        resumed = None
        if created.exists and begun_at is not None:
            resumed = await self._begin_again(run.BeginAgain(run=stream, at=begun_at), caller)
        self._backend.freshness.wrote(call, resumed or created.appended)
        # A program that is killed before its first heartbeat is to show as lost too.
        if request.sends_heartbeats and (not created.exists or await self._goes_on(stream)):
            await heartbeats.record(self._backend.services.log.database, [stream.id])
        recorded_at = timestamp(created.recorded_at)
        return pb.CreateRunResponse(
            id=str(created.event.run_id),
            name=created.event.name,
            exists=created.exists,
            created_at=recorded_at,
            updated_at=recorded_at,
        )

    async def _begin_again(self, command: run.BeginAgain, caller: Caller) -> Appended | None:
        """Resume a run that the end of its program has ended; None says that it goes on, or that somebody ended it."""
        decide = partial(run.decide_begin_again, command=command)
        return (await self._executor.execute(command.run, decide, _again(caller))).appended

    async def _goes_on(self, stream: StreamRef) -> bool:
        """Return whether a run goes on as far as the log knows."""
        return (await self._executor.load(stream.id)).status == "running"

    async def get_run(self, request: pb.GetRunRequest, call: Call) -> pb.GetRunResponse:
        """Return one run by id, deleted or not."""
        wanted = fields.object_id("id", request.id)
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._messages([wanted], call)
        if not found:
            raise ObjectNotFoundError("id", RUN, request.id)
        return pb.GetRunResponse(run=found[0])

    async def list_runs(self, request: pb.ListRunsRequest, call: Call) -> bytes:
        """Return a page of the runs of an experiment or a namespace, newest first unless another order is asked for."""
        scope = await self._scope(request)
        page = await search_page(
            self._backend,
            call,
            request,
            kind=RUN,
            scope=scope,
            views=_VIEWS,
            messages_of=partial(self._messages, keys_max=keys_listed(request)),
        )
        return page.answer(pb.ListRunsResponse, "runs")

    async def set_run_status(self, request: pb.SetRunStatusRequest, call: Call) -> pb.SetRunStatusResponse:
        """End a run, or take it up again."""
        run_id = fields.object_id("id", request.id)
        status = _STATUSES.get(request.status)
        if status is None:
            raise InvalidFieldError(
                "status", f"{request.status} cannot be set; give RUNNING, FINISHED, FAILED or KILLED"
            )
        at = requests.time_or_now("at", request, "at")
        reason = fields.description("reason", request.reason)
        caller = call.caller(request)
        stream = await self._backend.objects.find("id", run_id, kind=RUN)
        command = run.SetRunStatus(
            run=stream, status=status, at=at, reason=reason, at_exit=request.at_exit, reopen=request.reopen
        )
        result = await self._executor.execute(stream, partial(run.decide_set_status, command=command), caller)
        self._backend.freshness.wrote(call, result.appended)
        if status == "running" and request.sends_heartbeats:
            await heartbeats.record(self._backend.services.log.database, [run_id])
        if not result.exists:
            return pb.SetRunStatusResponse(updated_at=timestamp(result.recorded_at))
        row = await current_row(self._backend, call, stream)
        if status == "running" and isinstance(row, RunRow) and row.status == "lost":
            await heartbeats.record(self._backend.services.log.database, [run_id])
        return pb.SetRunStatusResponse(updated_at=timestamp(row.updated_at))

    async def heartbeat_runs(self, request: pb.HeartbeatRunsRequest, call: Call) -> pb.HeartbeatRunsResponse:  # noqa: ARG002  # every method has a call
        """Say that runs are alive: all of them, or, if one is unknown, none."""
        fields.at_most("ids", len(request.ids), HEARTBEAT_RUNS_MAX, what="ids")
        ids = [fields.object_id(f"ids[{n}]", run_id) for n, run_id in enumerate(request.ids)]
        if not ids:
            raise InvalidFieldError("ids", "has no ids; give at least one")
        for n, run_id in enumerate(ids):
            await self._backend.objects.find(f"ids[{n}]", run_id, kind=RUN)
        await heartbeats.record(self._backend.services.log.database, ids)
        return pb.HeartbeatRunsResponse(next_s=HEARTBEAT_NEXT_S)

    async def _scope(self, request: pb.ListRunsRequest) -> Scope:
        """Return among which runs is searched: one of experiment and namespace; of a parent, the namespace is open."""
        parents = {
            field: fields.object_id(field, text)
            for field, text in (("parent_id", request.parent_id), ("experiment_id", request.experiment_id))
            if text
        }
        namespace = fields.optional_name("namespace", request.namespace)
        if request.all_namespaces and (namespace or "experiment_id" in parents):
            raise InvalidFieldError("all_namespaces", "stands beside experiment_id or namespace; give one of them")
        if "experiment_id" in parents and namespace:
            raise InvalidFieldError("namespace", "stands beside experiment_id; give one of them")
        if not parents and not request.all_namespaces:
            namespace = fields.namespace("namespace", request.namespace)
        for field in sorted(parents):
            kind = EXPERIMENT if field == "experiment_id" else RUN
            await self._backend.objects.find(field, parents[field], kind=kind)
        return Scope(namespace=namespace, recursive=request.recursive, parents=parents)

    async def _messages(self, ids: Sequence[UUID], call: Call, *, keys_max: int | None = None) -> list[pb.Run]:
        views = self._backend.services.views
        return await object_messages(views, ids, call, view=views.of(RunsView), make=run_message, keys_max=keys_max)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on runs."""
    runs = RunMethods(backend)
    return (
        unary("CreateRun", pb.CreateRunRequest, runs.create_run),
        unary("GetRun", pb.GetRunRequest, runs.get_run),
        unary("ListRuns", pb.ListRunsRequest, runs.list_runs),
        unary("SetRunStatus", pb.SetRunStatusRequest, runs.set_run_status),
        unary("HeartbeatRuns", pb.HeartbeatRunsRequest, runs.heartbeat_runs),
    )


def _source_of(field: str, message: pb.Source) -> Source:
    """Return what a run was made with."""
    fields.at_most(f"{field}.dependencies", len(message.dependencies), limits.DEPENDENCIES_MAX, what="packages")
    dependencies = {
        fields.name(f"{field}.dependencies key", name): fields.short_text(f"{field}.dependencies[{name!r}]", version)
        for name, version in message.dependencies.items()
    }
    requests.bounded_json(
        f"{field}.dependencies", sum(len(name) + len(version) for name, version in dependencies.items())
    )
    return Source(
        repository=fields.location(f"{field}.repository", message.repository),
        commit=fields.short_text(f"{field}.commit", message.commit),
        branch=fields.short_text(f"{field}.branch", message.branch),
        dirty=message.dirty,
        entry_point=fields.location(f"{field}.entry_point", message.entry_point),
        user=fields.short_text(f"{field}.user", message.user),
        host=fields.short_text(f"{field}.host", message.host),
        python_version=fields.short_text(f"{field}.python_version", message.python_version),
        platform=fields.short_text(f"{field}.platform", message.platform),
        dependencies=dependencies,
    )


def _again(caller: Caller) -> Caller:
    """Return who asks, with another key: that of the request stands for what creates the run."""
    if caller.key is None:
        return caller
    return msgspec.structs.replace(caller, key=str(object_id("run_begun_again", caller.key)))


def _heard_of_at(row: RunRow) -> datetime | None:
    """Return when a run was last heard of: at its end at most, though it was told of that later."""
    if row.last_heard_of_at is None or row.ended_at is None:
        return row.last_heard_of_at
    return min(row.last_heard_of_at, row.ended_at)


def run_message(row: RunRow, shown: Shown) -> pb.Run:
    """Return a run with what hangs on it."""
    message = pb.Run(
        id=str(row.id),
        experiment_id=str(row.experiment_id),
        namespace=row.namespace,
        name=row.name,
        status=row.status.upper(),
        started_at=timestamp(row.started_at),
        ended_at=optional_timestamp(row.ended_at),
        parent_id=id_text(row.parent_id),
        source=None if row.source is None else pb.Source(**row.source),
        comment=row.comment,
        owner=row.owner,
        last_heard_of_at=optional_timestamp(_heard_of_at(row)),
        reason=row.reason,
        external_id=row.external_id,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        labels=row.labels,
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        deleted_at=optional_timestamp(row.deleted_at),
        files=map(file_message, shown.files),
        more_keys=shown.attached.more,
    )
    fill_keys(message, shown.attached)
    return message

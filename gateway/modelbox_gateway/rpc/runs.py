"""Runs: CreateRun, ListRuns, GetRun, SetRunStatus, HeartbeatRuns."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import structs

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import StreamRef, new_id
from modelbox_events.types.experiment import EXPERIMENT
from modelbox_events.types.run import RUN
from modelbox_gateway.commands import fields, run
from modelbox_gateway.errors import InvalidFieldError, ObjectNotFoundError
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.answers import timestamp
from modelbox_gateway.rpc.attached import ATTACHED_VIEWS, attached_to, built
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.limits import HEARTBEAT_NEXT_S, HEARTBEAT_RUNS_MAX
from modelbox_gateway.rpc.listing import keys_listed, search_page
from modelbox_gateway.rpc.object_messages import run_message
from modelbox_gateway.rpc.standing import standing
from modelbox_projections import RunRow, Scope, heartbeats

_VIEWS: Final = ("runs", *ATTACHED_VIEWS)
_STATUSES: Final[Mapping[int, run.Status]] = {
    pb.RUNNING: "running",
    pb.FINISHED: "finished",
    pb.FAILED: "failed",
    pb.KILLED: "killed",
}


class RunMethods:
    """The methods on runs."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def create_run(self, request: pb.CreateRunRequest, call: Call) -> pb.CreateRunResponse:
        """Begin a run; with the id of one that exists, that one is answered."""
        command = run.CreateRun(
            id=fields.object_id("id", request.id) if request.id else new_id(),
            experiment=StreamRef("", EXPERIMENT, fields.object_id("experiment_id", request.experiment_id)),
            name=fields.optional_name("name", request.name),
            owner=fields.optional_name("owner", request.owner),
            started_at=requests.time_or_now("started_at", request, "started_at"),
            source=requests.source_of("source", request.source) if request.HasField("source") else None,
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
        experiment = await objects.find("experiment_id", command.experiment.id, kind=EXPERIMENT)
        parent = None if parent_id is None else await objects.find("parent_id", parent_id, kind=RUN)
        created = await self._backend.runs.create(
            structs.replace(command, experiment=experiment, parent=parent), caller
        )
        stream = StreamRef(experiment.namespace, RUN, created.event.run_id)
        objects.remember(stream)
        resumed = None
        if created.exists and begun_at is not None:
            resumed = await self._backend.runs.begin_again(run.BeginAgain(run=stream, at=begun_at), caller)
        self._backend.freshness.wrote(call, resumed or created.appended)
        # A program that is killed before its first heartbeat is to show as lost too.
        if request.sends_heartbeats and (not created.exists or await self._backend.runs.goes_on(stream)):
            await heartbeats.record(self._backend.services.log.database, [stream.id])
        recorded_at = timestamp(created.recorded_at)
        return pb.CreateRunResponse(
            id=str(created.event.run_id),
            name=created.event.name,
            exists=created.exists,
            created_at=recorded_at,
            updated_at=recorded_at,
        )

    async def get_run(self, request: pb.GetRunRequest, call: Call) -> pb.GetRunResponse:
        """Return one run by id, deleted or not."""
        wanted = fields.object_id("id", request.id)
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._messages([wanted], call)
        if not found:
            raise ObjectNotFoundError("id", RUN, request.id)
        return pb.GetRunResponse(run=found[0])

    async def list_runs(self, request: pb.ListRunsRequest, call: Call) -> pb.ListRunsResponse:
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
        return pb.ListRunsResponse(runs=page.items, next_page_token=page.token, missing=page.missing)

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
        appended = await self._backend.runs.set_status(command, caller)
        self._backend.freshness.wrote(call, appended)
        if status == "running" and request.sends_heartbeats:
            await heartbeats.record(self._backend.services.log.database, [run_id])
        if appended is not None:
            return pb.SetRunStatusResponse(updated_at=timestamp(appended.recorded_at))
        row = await standing(self._backend, call, stream)
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
        parent_id = fields.object_id("parent_id", request.parent_id) if request.parent_id else None
        experiment_id = fields.object_id("experiment_id", request.experiment_id) if request.experiment_id else None
        namespace = fields.optional_name("namespace", request.namespace)
        if request.all_namespaces and (namespace or experiment_id is not None):
            raise InvalidFieldError("all_namespaces", "stands beside experiment_id or namespace; give one of them")
        if experiment_id is not None and namespace:
            raise InvalidFieldError("namespace", "stands beside experiment_id; give one of them")
        if experiment_id is None and parent_id is None and not request.all_namespaces:
            namespace = fields.namespace("namespace", request.namespace)
        for field, kind, wanted in (("experiment_id", EXPERIMENT, experiment_id), ("parent_id", RUN, parent_id)):
            if wanted is not None:
                await self._backend.objects.find(field, wanted, kind=kind)
        return Scope(namespace=namespace, recursive=request.recursive, experiment_id=experiment_id, parent_id=parent_id)

    async def _messages(self, ids: Sequence[UUID], call: Call, *, keys_max: int | None = None) -> list[pb.Run]:
        views = self._backend.services.views
        shown = await attached_to(views, ids, call, keys_max=keys_max)
        rows = await views.runs.of_many(list(shown))
        return await built(run_message, rows.values(), shown)

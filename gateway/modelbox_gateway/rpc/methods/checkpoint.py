"""Training checkpoints: CreateCheckpoint, ListCheckpoints, GetCheckpoint. PromoteCheckpoint is with model versions."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import StreamRef
from modelbox_events.types.checkpoint import CHECKPOINT
from modelbox_events.types.experiment import EXPERIMENT
from modelbox_events.types.run import RUN
from modelbox_gateway.errors import InvalidFieldError, ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.lookup.listing import search_page
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import file_message, id_text, metadata_message, optional_timestamp, timestamp
from modelbox_gateway.rpc.messages.attached import ATTACHED_VIEWS, Shown, object_messages
from modelbox_gateway.rpc.methods.run import Runs
from modelbox_gateway.rules import checkpoint, fields
from modelbox_gateway.rules.checkpoint import EPOCH, STEP, Key
from modelbox_projections import Scope
from modelbox_projections.checkpoints.kind import CheckpointRow, Checkpoints

_VIEWS: Final = ("checkpoints", *ATTACHED_VIEWS)
_ORDER: Final = "epoch, step"


class CheckpointMethods:
    """The methods on training checkpoints."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._runs = backend.shared(Runs)

    async def create_checkpoint(self, request: pb.CreateCheckpointRequest, call: Call) -> pb.CreateCheckpointResponse:
        """Create a checkpoint; one of the same epoch or step is answered as it is."""
        field, parent_id = _parent_of(request)
        key = _key_of(request)
        metrics = requests.values_of(("doubles", request.doubles), ("metrics", request.metrics))
        labels = requests.labels_of("labels", request.labels)
        metadata = requests.metadata_of("metadata", request.metadata)
        files = requests.files_of("files", request.files)
        caller = call.caller(request)
        # Every field is judged before anything is looked up.
        parent = await self._find(field, parent_id)
        command = checkpoint.CreateCheckpoint(
            parent=parent,
            experiment_id=await self._runs.experiment_of(parent) if parent.type == RUN else parent.id,
            key=key,
            metrics=metrics,
            labels=labels,
            metadata=metadata,
            files=files,
        )
        created = await self._backend.creations.create(checkpoint.creation(command), caller)
        self._backend.objects.remember(command.stream)
        self._backend.freshness.wrote(call, created.appended)
        recorded_at = timestamp(created.recorded_at)
        return pb.CreateCheckpointResponse(
            checkpoint_id=str(command.stream.id), created_at=recorded_at, updated_at=recorded_at, exists=created.exists
        )

    async def get_checkpoint(self, request: pb.GetCheckpointRequest, call: Call) -> pb.GetCheckpointResponse:
        """Return one checkpoint by id, or by its experiment or run and its epoch or step, deleted or not."""
        if request.id:
            if request.experiment_id or request.run_id or request.epoch or request.HasField("step"):
                raise InvalidFieldError("id", "give either id, or experiment_id or run_id with epoch or step")
            field, sought = "id", request.id
            wanted = fields.object_id("id", request.id)
        else:
            field, parent_id = _parent_of(request)
            key = _key_of(request)
            await self._find(field, parent_id)
            field, sought = key.of, str(key.number)
            wanted = checkpoint.checkpoint_id(parent_id, key)
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._messages([wanted], call)
        if not found:
            raise ObjectNotFoundError(field, CHECKPOINT, sought)
        return pb.GetCheckpointResponse(checkpoint=found[0])

    async def list_checkpoints(self, request: pb.ListCheckpointsRequest, call: Call) -> bytes:
        """Return a page of the checkpoints of an experiment or run, by epoch, then step, unless ordered otherwise."""
        wanted = {
            field: fields.object_id(field, text)
            for field, text in (("experiment_id", request.experiment_id), ("run_id", request.run_id))
            if text
        }
        if not wanted:
            raise InvalidFieldError("experiment_id", "is empty; give it or run_id")
        for field, parent_id in wanted.items():
            await self._find(field, parent_id)
        request.order_by = request.order_by or _ORDER
        page = await search_page(
            self._backend,
            call,
            request,
            kind=CHECKPOINT,
            scope=Scope(parents=wanted),
            views=_VIEWS,
            messages_of=self._messages,
        )
        return page.answer(pb.ListCheckpointsResponse, "checkpoints")

    async def _find(self, field: str, parent_id: UUID) -> StreamRef:
        return await self._backend.objects.find(field, parent_id, kind=RUN if field == "run_id" else EXPERIMENT)

    async def _messages(self, ids: Sequence[UUID], call: Call) -> list[pb.Checkpoint]:
        views = self._backend.services.views
        return await object_messages(views, ids, call, view=views.of(Checkpoints), make=checkpoint_message)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on training checkpoints."""
    checkpoints = CheckpointMethods(backend)
    return (
        unary("CreateCheckpoint", pb.CreateCheckpointRequest, checkpoints.create_checkpoint),
        unary("GetCheckpoint", pb.GetCheckpointRequest, checkpoints.get_checkpoint),
        unary("ListCheckpoints", pb.ListCheckpointsRequest, checkpoints.list_checkpoints),
    )


def checkpoint_message(row: CheckpointRow, shown: Shown) -> pb.Checkpoint:
    """Return a checkpoint with its files and the newest value of each of its metrics."""
    doubles = {metric.key: metric.latest for metric in shown.attached.metrics}
    return pb.Checkpoint(
        id=str(row.id),
        epoch=row.epoch or 0,
        experiment_id=str(row.experiment_id),
        files=map(file_message, shown.files),
        metrics=doubles,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        run_id=id_text(row.run_id),
        step=row.step,
        doubles=doubles,
        labels=row.labels,
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        deleted_at=optional_timestamp(row.deleted_at),
        namespace=row.namespace,
    )


def _parent_of(request: pb.CreateCheckpointRequest | pb.GetCheckpointRequest) -> tuple[str, UUID]:
    """Return the field that names the run or experiment of a checkpoint, and its id."""
    if request.run_id and request.experiment_id:
        raise InvalidFieldError("run_id", "stands beside experiment_id; give the run alone, it knows its experiment")
    field = "run_id" if request.run_id else "experiment_id"
    return field, fields.object_id(field, getattr(request, field))


def _key_of(request: pb.CreateCheckpointRequest | pb.GetCheckpointRequest) -> Key:
    """Return what a checkpoint is keyed by: its step where one is given, otherwise its epoch."""
    if not request.HasField("step"):
        return Key(EPOCH, fields.step("epoch", request.epoch))
    if request.epoch:
        raise InvalidFieldError("epoch", "stands beside step; a checkpoint is keyed by one of them")
    return Key(STEP, fields.step("step", request.step))

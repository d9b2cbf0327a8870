"""Creating model versions: CreateModelVersion, PromoteCheckpoint."""

from functools import partial
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import ChangeEvent, StreamRef
from modelbox_events.types.checkpoint import CHECKPOINT
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION, ModelVersionCreated
from modelbox_events.types.run import RUN
from modelbox_gateway.commands.result import Result
from modelbox_gateway.errors import ObjectNotFoundError, UniqueTagTakenError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import timestamp
from modelbox_gateway.rpc.methods.model_version.promotion import Promotions
from modelbox_gateway.rpc.methods.model_version.registry import ModelRegistry
from modelbox_gateway.rpc.methods.run import Runs
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.model_version import CreateModelVersion, Origin, model_version_id
from modelbox_projections.model_versions.kind import ModelVersions


class CreatingMethods:
    """The methods that create model versions."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._registry = backend.shared(ModelRegistry)
        self._runs = backend.shared(Runs)
        self._promotions = Promotions(backend)

    async def create_model_version(
        self, request: pb.CreateModelVersionRequest, call: Call
    ) -> pb.CreateModelVersionResponse:
        """Create a model version; one that exists is answered as it is."""
        model_id = fields.object_id("model", request.model)
        create = partial(
            CreateModelVersion,
            version=fields.optional_name("version", request.version),
            name=fields.optional_name("name", request.name),
            description=fields.description("description", request.description),
            framework=requests.framework_of("framework", request.framework),
            unique_tags=requests.tags_of("unique_tags", request.unique_tags),
            move_tags=request.move_tags,
            labels=requests.labels_of("labels", request.labels),
            metadata=requests.metadata_of("metadata", request.metadata),
            files=requests.files_of("files", request.files),
        )
        run_id = fields.object_id("run_id", request.run_id) if request.run_id else None
        caller = call.caller(request)
        # Every field is judged before anything is looked up.
        model = await self._backend.objects.find("model", model_id, kind=MODEL)
        command = create(model=model, origin=await self._origin(run_id))
        try:
            created = await self._registry.create(command, caller)
        except UniqueTagTakenError as refusal:
            raise await self._named(refusal) from None
        return await self._answer(created, command, call)

    async def promote_checkpoint(
        self, request: pb.PromoteCheckpointRequest, call: Call
    ) -> pb.PromoteCheckpointResponse:
        """Create a model version of a checkpoint; one that exists is answered as it is."""
        checkpoint_id = fields.object_id("checkpoint_id", request.checkpoint_id)
        model_id = fields.object_id("model", request.model)
        create = partial(
            CreateModelVersion,
            version=fields.optional_name("version", request.version),
            name=fields.optional_name("name", request.name),
            description=fields.description("description", request.description),
            unique_tags=requests.tags_of("unique_tags", request.unique_tags),
            move_tags=request.move_tags,
            labels=requests.labels_of("labels", request.labels),
            metadata=requests.metadata_of("metadata", request.metadata),
        )
        caller = call.caller(request)
        checkpoint = await self._backend.objects.find("checkpoint_id", checkpoint_id, kind=CHECKPOINT)
        command = create(model=await self._backend.objects.find("model", model_id, kind=MODEL))
        try:
            promoted = await self._promotions.promote(checkpoint, command, caller)
        except UniqueTagTakenError as refusal:
            raise await self._named(refusal) from None
        answer = await self._answer(promoted, command, call)
        return pb.PromoteCheckpointResponse(
            model_version=answer.model_version,
            version=answer.version,
            name=answer.name,
            exists=answer.exists,
            created_at=answer.created_at,
            updated_at=answer.updated_at,
        )

    async def _named(self, refusal: UniqueTagTakenError) -> UniqueTagTakenError:
        """Return a refusal that names the holder as people do."""
        row = await self._backend.services.views.of(ModelVersions).get(refusal.holder)
        return refusal if row is None else UniqueTagTakenError(refusal.tag, refusal.holder, row.version)

    async def _origin(self, run_id: UUID | None) -> Origin:
        if run_id is None:
            return Origin()
        run = await self._backend.objects.find("run_id", run_id, kind=RUN)
        return Origin(experiment_id=await self._runs.experiment_of(run), run_id=run_id)

    async def _answer(
        self, result: Result[ChangeEvent], command: CreateModelVersion, call: Call
    ) -> pb.CreateModelVersionResponse:
        model = command.model
        if result.exists:
            existing = model_version_id(model.id, command.version)
            self._backend.objects.remember(StreamRef(model.namespace, MODEL_VERSION, existing))
            return await self._existing(existing, call)
        created = result.first(ModelVersionCreated)
        self._backend.objects.remember(StreamRef(model.namespace, MODEL_VERSION, created.model_version_id))
        self._backend.freshness.wrote(call, result.appended)
        recorded_at = timestamp(result.recorded_at)
        return pb.CreateModelVersionResponse(
            model_version=str(created.model_version_id),
            created_at=recorded_at,
            updated_at=recorded_at,
            version=created.version,
            name=created.name,
        )

    async def _existing(self, version_id: UUID, call: Call) -> pb.CreateModelVersionResponse:
        await self._backend.freshness.reached_head(call, ("model_versions",))
        row = await self._backend.services.views.of(ModelVersions).get(version_id)
        if row is None:
            raise ObjectNotFoundError("version", "model version", str(version_id))
        return pb.CreateModelVersionResponse(
            model_version=str(row.id),
            created_at=timestamp(row.created_at),
            updated_at=timestamp(row.updated_at),
            exists=True,
            version=row.version,
            name=row.name,
        )

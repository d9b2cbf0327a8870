"""Unique tags: SetUniqueTag, RemoveUniqueTag."""

from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import StreamRef
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION
from modelbox_gateway.commands import fields
from modelbox_gateway.commands.model import RemoveUniqueTag, SetUniqueTag
from modelbox_gateway.commands.models import KnownVersion
from modelbox_gateway.errors import UniqueTagNotHeldError
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.standing import known_version


class UniqueTagMethods:
    """The methods on unique tags."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def set_unique_tag(self, request: pb.SetUniqueTagRequest, call: Call) -> pb.SetUniqueTagResponse:
        """Give a tag to a model version, whoever holds it."""
        model_version_id = fields.object_id("model_version", request.model_version)
        tag = fields.name("tag", request.tag)
        caller = call.caller(request)
        known = await self._version(model_version_id, call)
        command = SetUniqueTag(
            model=known.model,
            model_version_id=model_version_id,
            tag=tag,
            version=known.version,
            version_name=known.name,
        )
        holder, appended = await self._backend.models.set_unique_tag(command, caller)
        self._backend.freshness.wrote(call, appended)
        return pb.SetUniqueTagResponse(from_model_version="" if holder is None else str(holder))

    async def remove_unique_tag(self, request: pb.RemoveUniqueTagRequest, call: Call) -> pb.RemoveUniqueTagResponse:
        """Take a tag away from the model version that holds it."""
        model_version_id = fields.object_id("model_version", request.model_version)
        tag = fields.name("tag", request.tag)
        caller = call.caller(request)
        known = await self._version(model_version_id, call)
        command = RemoveUniqueTag(
            model=known.model,
            model_version_id=model_version_id,
            tag=tag,
            version=known.version,
            version_name=known.name,
        )
        try:
            appended = await self._backend.models.remove_unique_tag(command, caller)
        except UniqueTagNotHeldError as refusal:
            raise await self._named(refusal, known.version) from None
        self._backend.freshness.wrote(call, appended)
        return pb.RemoveUniqueTagResponse()

    async def _named(self, refusal: UniqueTagNotHeldError, version: str) -> UniqueTagNotHeldError:
        """Return a refusal that names versions as people do."""
        tag, asked, holder = refusal.tag, refusal.model_version_id, refusal.holder
        row = None if holder is None else await self._backend.services.views.model_versions.get(holder)
        return UniqueTagNotHeldError(tag, asked, holder, version=version, holder_version=row.version if row else "")

    async def _version(self, model_version_id: UUID, call: Call) -> KnownVersion:
        """Return what never changes of a model version."""
        known = self._backend.models.versions.get(model_version_id)
        if known is not None:
            return known
        stream = await self._backend.objects.find("model_version", model_version_id, kind=MODEL_VERSION)
        row = await known_version(self._backend, call, model_version_id, field="model_version")
        model = StreamRef(stream.namespace, MODEL, row.model_id)
        known = KnownVersion(model, row.version, row.name)
        self._backend.models.versions.put(model_version_id, known)
        return known

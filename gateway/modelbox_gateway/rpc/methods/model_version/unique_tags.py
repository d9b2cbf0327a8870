"""Unique tags: SetUniqueTag, RemoveUniqueTag."""

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.types.model_version import UniqueTagMoved
from modelbox_gateway.errors import UniqueTagNotHeldError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.messages.answers import id_text
from modelbox_gateway.rpc.methods.model_version.registry import ModelRegistry
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.unique_tag import RemoveUniqueTag, SetUniqueTag
from modelbox_projections.model_versions.kind import ModelVersions


class UniqueTagMethods:
    """The methods on unique tags."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._registry = backend.shared(ModelRegistry)

    async def set_unique_tag(self, request: pb.SetUniqueTagRequest, call: Call) -> pb.SetUniqueTagResponse:
        """Give a tag to a model version, whoever holds it."""
        model_version_id = fields.object_id("model_version", request.model_version)
        tag = fields.name("tag", request.tag)
        caller = call.caller(request)
        known = await self._registry.known(model_version_id, call)
        command = SetUniqueTag(
            model=known.model,
            model_version_id=model_version_id,
            tag=tag,
            version=known.version,
            version_name=known.name,
        )
        result = await self._registry.set_unique_tag(command, caller)
        self._backend.freshness.wrote(call, result.appended)
        before = model_version_id if result.exists else result.first(UniqueTagMoved).from_model_version_id
        return pb.SetUniqueTagResponse(from_model_version=id_text(before))

    async def remove_unique_tag(self, request: pb.RemoveUniqueTagRequest, call: Call) -> pb.RemoveUniqueTagResponse:
        """Take a tag away from the model version that holds it."""
        model_version_id = fields.object_id("model_version", request.model_version)
        tag = fields.name("tag", request.tag)
        caller = call.caller(request)
        known = await self._registry.known(model_version_id, call)
        command = RemoveUniqueTag(
            model=known.model,
            model_version_id=model_version_id,
            tag=tag,
            version=known.version,
            version_name=known.name,
        )
        try:
            result = await self._registry.remove_unique_tag(command, caller)
        except UniqueTagNotHeldError as refusal:
            raise await self._named(refusal, known.version) from None
        self._backend.freshness.wrote(call, result.appended)
        return pb.RemoveUniqueTagResponse()

    async def _named(self, refusal: UniqueTagNotHeldError, version: str) -> UniqueTagNotHeldError:
        """Return a refusal that names versions as people do."""
        tag, asked, holder = refusal.tag, refusal.model_version_id, refusal.holder
        row = None if holder is None else await self._backend.services.views.of(ModelVersions).get(holder)
        return UniqueTagNotHeldError(tag, asked, holder, version=version, holder_version=row.version if row else "")

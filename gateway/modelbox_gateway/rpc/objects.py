"""Objects of any kind: UpdateObject, DeleteObject, RestoreObject."""

from msgspec import structs

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import StreamRef
from modelbox_events.types.model_version import MODEL_VERSION
from modelbox_gateway.commands import fields, limits
from modelbox_gateway.commands.update import UpdateObject
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.answers import timestamp
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.standing import known_version, standing


class ObjectMethods:
    """The methods on objects, whatever their kind."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def update_object(self, request: pb.UpdateObjectRequest, call: Call) -> pb.UpdateObjectResponse:
        """Change what is known of an object; what is not named stays as it is."""
        command = _update_of(request)
        caller = call.caller(request)
        stream = await self._backend.objects.find("id", command.stream.id)
        appended = await self._backend.updates.update(structs.replace(command, stream=stream), caller)
        self._backend.freshness.wrote(call, appended)
        updated_at = appended.recorded_at if appended else (await standing(self._backend, call, stream)).updated_at
        return pb.UpdateObjectResponse(updated_at=timestamp(updated_at))

    async def delete_object(self, request: pb.DeleteObjectRequest, call: Call) -> pb.DeleteObjectResponse:
        """Delete an object; one that is deleted stays as it is."""
        object_id = fields.object_id("id", request.id)
        caller = call.caller(request)
        stream = await self._backend.objects.find("id", object_id)
        appended = await self._backend.lifecycles.delete(stream, caller)
        self._backend.freshness.wrote(call, appended)
        deleted_at = appended.recorded_at if appended else (await standing(self._backend, call, stream)).deleted_at
        return pb.DeleteObjectResponse(
            deleted_at=None if deleted_at is None else timestamp(deleted_at),
            unique_tags=await self._tags_left(stream, call),
        )

    async def _tags_left(self, stream: StreamRef, call: Call) -> list[str]:
        """Return the unique tags that nobody holds because this object is deleted."""
        if stream.type != MODEL_VERSION:
            return []
        row = await known_version(self._backend, call, stream.id, field="id")
        return await self._backend.models.last_tags(row.model_id, stream.id)

    async def restore_object(self, request: pb.RestoreObjectRequest, call: Call) -> pb.RestoreObjectResponse:
        """Undo the deletion of an object; one that is not deleted stays as it is."""
        object_id = fields.object_id("id", request.id)
        caller = call.caller(request)
        stream = await self._backend.objects.find("id", object_id)
        appended = await self._backend.lifecycles.restore(stream, caller)
        self._backend.freshness.wrote(call, appended)
        updated_at = appended.recorded_at if appended else (await standing(self._backend, call, stream)).updated_at
        return pb.RestoreObjectResponse(updated_at=timestamp(updated_at))


def _update_of(request: pb.UpdateObjectRequest) -> UpdateObject:
    """Return what a request changes, of an object whose stream has yet to be found."""
    fields.at_most("labels_removed", len(request.labels_removed), limits.LABELS_MAX, what="names")
    removed = [fields.name(f"labels_removed[{n}]", name) for n, name in enumerate(request.labels_removed)]
    for n, name in enumerate(removed):
        if name in request.labels:
            raise InvalidFieldError(f"labels_removed[{n}]", f"{name!r} stands in labels too; give it in one of them")
    judges = {
        "owner": fields.optional_name,
        "description": fields.description,
        "task": fields.optional_name,
        "comment": fields.description,
    }
    texts = {name: judge(name, getattr(request, name)) for name, judge in judges.items() if request.HasField(name)}
    return UpdateObject(
        stream=StreamRef("", "", fields.object_id("id", request.id)),
        labels=requests.labels_of("labels", request.labels),
        labels_removed=removed,
        **texts,
    )

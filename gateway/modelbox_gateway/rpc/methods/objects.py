"""Objects of any kind: UpdateObject, DeleteObject, RestoreObject."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import ChangeEvent, StreamRef
from modelbox_gateway.commands.result import Result
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.lookup.rows import current_row
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import optional_timestamp, timestamp
from modelbox_gateway.rpc.methods.model_version.registry import ModelRegistry
from modelbox_gateway.rules import fields, limits
from modelbox_gateway.rules.update import LABELS, UpdateObject, decide_update


class ObjectMethods:
    """The methods on objects, whatever their kind."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._executor = backend.executors.of(LABELS)
        self._registry = backend.shared(ModelRegistry)

    async def update_object(self, request: pb.UpdateObjectRequest, call: Call) -> pb.UpdateObjectResponse:
        """Change what is known of an object; what is not named stays as it is."""
        object_id, update = _update_of(request)
        caller = call.caller(request)
        stream = await self._backend.objects.find("id", object_id)
        result = await self._executor.execute(stream, partial(decide_update, command=update(stream)), caller)
        return pb.UpdateObjectResponse(updated_at=timestamp(await self._updated_at(result, stream, call)))

    async def delete_object(self, request: pb.DeleteObjectRequest, call: Call) -> pb.DeleteObjectResponse:
        """Delete an object; one that is deleted stays as it is."""
        object_id = fields.object_id("id", request.id)
        caller = call.caller(request)
        stream = await self._backend.objects.find("id", object_id)
        result = await self._backend.lifecycles.delete(stream, caller)
        self._backend.freshness.wrote(call, result.appended)
        deleted_at = (
            (await current_row(self._backend, call, stream)).deleted_at if result.exists else result.recorded_at
        )
        return pb.DeleteObjectResponse(
            deleted_at=optional_timestamp(deleted_at), unique_tags=await self._registry.tags_left(stream, call)
        )

    async def restore_object(self, request: pb.RestoreObjectRequest, call: Call) -> pb.RestoreObjectResponse:
        """Undo the deletion of an object; one that is not deleted stays as it is."""
        object_id = fields.object_id("id", request.id)
        caller = call.caller(request)
        stream = await self._backend.objects.find("id", object_id)
        result = await self._backend.lifecycles.restore(stream, caller)
        return pb.RestoreObjectResponse(updated_at=timestamp(await self._updated_at(result, stream, call)))

    async def _updated_at(self, result: Result[ChangeEvent], stream: StreamRef, call: Call) -> datetime:
        """Answer a call with what it wrote; return when the object was changed last, by it or before."""
        self._backend.freshness.wrote(call, result.appended)
        if result.exists:
            return (await current_row(self._backend, call, stream)).updated_at
        return result.recorded_at


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on objects, whatever their kind."""
    objects = ObjectMethods(backend)
    return (
        unary("UpdateObject", pb.UpdateObjectRequest, objects.update_object),
        unary("DeleteObject", pb.DeleteObjectRequest, objects.delete_object),
        unary("RestoreObject", pb.RestoreObjectRequest, objects.restore_object),
    )


def _update_of(request: pb.UpdateObjectRequest) -> tuple[UUID, Callable[[StreamRef], UpdateObject]]:
    """Return the object that a request changes, and what makes the update of its stream."""
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
    object_id = fields.object_id("id", request.id)
    labels = requests.labels_of("labels", request.labels)
    return object_id, lambda stream: UpdateObject(stream=stream, labels=labels, labels_removed=removed, **texts)

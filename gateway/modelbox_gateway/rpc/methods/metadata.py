"""Metadata: UpdateMetadata, ListMetadata."""

import asyncio
from collections.abc import Container, Iterable
from typing import Final

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import fill_metadata, timestamp
from modelbox_gateway.rules import fields, limits
from modelbox_gateway.rules.metadata import metadata_changed
from modelbox_projections.metadata.queries import Metadata

_VIEWS: Final = ("metadata",)


class MetadataMethods:
    """The methods on the metadata of objects."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def update_metadata(self, request: pb.UpdateMetadataRequest, call: Call) -> pb.UpdateMetadataResponse:
        """Write keys of an object's metadata and take others away; all others stay as they are."""
        object_id = fields.object_id("parent_id", request.parent_id)
        metadata = requests.metadata_of("metadata", request.metadata)
        removed = _removed_keys(request, metadata)
        if not metadata and not removed:
            raise InvalidFieldError("metadata", "has no keys; give at least one, here or in removed_keys")
        caller = call.caller(request)
        stream = await self._backend.objects.find("parent_id", object_id)
        events = metadata_changed(stream, metadata, removed=removed)
        result = await self._backend.objects.log(stream, events, caller, field="metadata")
        self._backend.freshness.wrote(call, result.appended)
        return pb.UpdateMetadataResponse(
            num_keys_written=len(metadata),
            num_keys_removed=len(removed),
            updated_at=timestamp(result.recorded_at),
        )

    async def list_metadata(self, request: pb.ListMetadataRequest, call: Call) -> pb.ListMetadataResponse:
        """Return all metadata of an object."""
        object_id = fields.object_id("parent_id", request.parent_id)
        await self._backend.objects.find("parent_id", object_id)
        await self._backend.freshness.reached(call, _VIEWS)
        answer = pb.ListMetadataResponse()
        metadata = await self._backend.services.views.of(Metadata).of(object_id)
        await asyncio.to_thread(fill_metadata, answer.metadata, answer.json, metadata, as_json=call.takes_json)
        return answer


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on metadata."""
    metadata = MetadataMethods(backend)
    return (
        unary("UpdateMetadata", pb.UpdateMetadataRequest, metadata.update_metadata),
        unary("ListMetadata", pb.ListMetadataRequest, metadata.list_metadata),
    )


def _removed_keys(request: pb.UpdateMetadataRequest, written: Container[str]) -> list[str]:
    """Return the keys to take away, each once."""
    fields.at_most("removed_keys", len(request.removed_keys), limits.METADATA_KEYS_MAX, what="keys")
    removed = [fields.name(f"removed_keys[{n}]", key) for n, key in enumerate(request.removed_keys)]
    for n, key in enumerate(removed):
        if key in written:
            raise InvalidFieldError(f"removed_keys[{n}]", f"{key!r} stands in metadata too; give it in one of them")
    return list(dict.fromkeys(removed))

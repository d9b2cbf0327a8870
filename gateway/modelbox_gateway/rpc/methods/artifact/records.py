"""Artifacts without their bytes: TrackArtifacts, ListArtifacts."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.errors import InvalidFieldError, ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import file_message, timestamp
from modelbox_gateway.rpc.messages.encoded import with_items
from modelbox_gateway.rpc.messages.pages import Pages, PositionStart, fill_page, page_size
from modelbox_gateway.rpc.methods.artifact.recording import superseded_in
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.artifact import TRACKED, artifact_id
from modelbox_projections import ArtifactOrdinal, ArtifactRow
from modelbox_projections.artifacts.queries import Artifacts

_VIEWS: Final = ("artifacts",)
_PAGES: Final = Pages[ArtifactOrdinal]("artifacts", PositionStart)


class ArtifactMethods:
    """The methods on what is known of artifacts."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def track_artifacts(self, request: pb.TrackArtifactsRequest, call: Call) -> pb.TrackArtifactsResponse:
        """Attach files kept elsewhere to one object; those that are attached already keep their ids.

        One that is attached already and not the newest under its path is so again.
        """
        files = requests.files_of("files", request.files)
        if not files:
            raise InvalidFieldError("files", "has no files; give at least one")
        parent_id = fields.object_id("files[0].parent_id", request.files[0].parent_id)
        for n, file in enumerate(request.files):
            if fields.object_id(f"files[{n}].parent_id", file.parent_id) != parent_id:
                problem = "is not that of the first file; send one request for each object"
                raise InvalidFieldError(f"files[{n}].parent_id", problem)
        caller = call.caller(request)
        stream = await self._backend.objects.find("files[0].parent_id", parent_id)
        superseded = superseded_in(self._backend, call, uploaded=False)
        result = await self._backend.files.track(stream, files, caller, superseded=superseded)
        ids = [artifact_id(stream.id, TRACKED, file) for file in files]
        if result.exists:
            created_at = await self._created_at(ids[0], call)
        else:
            self._backend.freshness.wrote(call, result.appended)
            created_at = timestamp(result.recorded_at)
        return pb.TrackArtifactsResponse(
            num_files_tracked=len(files), created_at=created_at, file_ids=[str(file_id) for file_id in ids]
        )

    async def list_artifacts(self, request: pb.ListArtifactsRequest, call: Call) -> bytes:
        """Return a page of an object's artifacts, newest first."""
        parent_id = fields.object_id("parent_id", request.parent_id)
        before = _PAGES.start(str(parent_id), request.page_token)
        size = page_size(request.page_size)
        await self._backend.objects.find("parent_id", parent_id)
        await self._backend.freshness.reached(call, _VIEWS)
        rows = await self._backend.services.views.of(Artifacts).of(parent_id, limit=size + 1, before=before)
        items, more = await fill_page(rows, size, _messages)
        token = _PAGES.token(str(parent_id), rows[len(items) - 1].place) if more else ""
        return with_items(pb.ListArtifactsResponse(next_page_token=token), "files", items)

    async def _created_at(self, file_id: UUID, call: Call) -> Timestamp:
        await self._backend.freshness.reached_head(call, _VIEWS)
        row = await self._backend.services.views.of(Artifacts).get(file_id)
        if row is None:
            raise ObjectNotFoundError("files", "artifact", str(file_id))
        return timestamp(row.created_at)


async def _messages(rows: Sequence[ArtifactRow]) -> list[pb.FileMetadata]:
    return [file_message(row) for row in rows]

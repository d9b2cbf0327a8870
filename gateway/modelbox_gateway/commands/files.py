"""Commands on the files of any object: the last one under a path counts, uploaded in whatever way or kept elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from modelbox_events import ChangeEvent, Log, NewEvent, StreamExistsError, StreamRef
from modelbox_events.types.artifact import ArtifactUploaded
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.objects import Objects
from modelbox_gateway.commands.result import Result
from modelbox_gateway.rules.artifact import TRACKED, File, artifact_id, tracked, uploaded

Superseded = Callable[[StreamRef, Mapping[UUID, str]], Awaitable[set[UUID]]]
"""Returns the ids of those of an object's files, given with their paths, that are not the last under these."""

AnyFile = TypeVar("AnyFile", File, ArtifactUploaded)
Recording = Callable[[Sequence[AnyFile], Collection[UUID]], Sequence[NewEvent]]
"""Gives the events that record some files, of which those with these ids are new."""


class Files:
    """Records files; those that are known are recorded again when another came after them under their path."""

    def __init__(self, log: Log, objects: Objects) -> None:
        """Run on `log`."""
        self._log = log
        self._objects = objects

    async def track(
        self, stream: StreamRef, files: Sequence[File], caller: Caller, *, superseded: Superseded
    ) -> Result[ChangeEvent]:
        """Attach files that are kept elsewhere, in one event; `opened` of the result are the new ones.

        Args:
            stream: The object.
            files: Its files.
            caller: Who asks.
            superseded: Asked only where some are known.
        """

        def recording(some: Sequence[File], new: Collection[UUID]) -> Sequence[NewEvent]:
            return (tracked(stream, some, new=new),)

        by_id = {artifact_id(stream.id, TRACKED, file): file for file in files}
        return await self._record(stream, by_id, recording, caller, field="files", superseded=superseded)

    async def record_uploads(
        self,
        stream: StreamRef,
        uploads: Sequence[ArtifactUploaded],
        caller: Caller,
        *,
        field: str,
        superseded: Superseded,
    ) -> Result[ChangeEvent]:
        """Record uploads whose bytes are durable, all or none; `opened` of the result are the new ones.

        Args:
            stream: The object.
            uploads: Its files.
            caller: Who asks.
            field: Where the request names the files.
            superseded: Asked only where some are known.
        """

        def recording(some: Sequence[ArtifactUploaded], new: Collection[UUID]) -> Sequence[NewEvent]:
            return [uploaded(stream, upload, new=new) for upload in some]

        by_id = {upload.id: upload for upload in uploads}
        return await self._record(stream, by_id, recording, caller, field=field, superseded=superseded)

    async def _record(
        self,
        stream: StreamRef,
        by_id: Mapping[UUID, AnyFile],
        recording: Recording[AnyFile],
        caller: Caller,
        *,
        field: str,
        superseded: Superseded,
    ) -> Result[ChangeEvent]:
        new, again = frozenset(by_id), set[UUID]()
        while new or again:
            meant = [file for file_id, file in by_id.items() if file_id in new or file_id in again]
            try:
                result = await self._objects.log(stream, recording(meant, new), caller, field=field)
            except StreamExistsError:
                new = await self._unknown(new)
                known = {file_id: file.path for file_id, file in by_id.items() if file_id not in new}
                again = await superseded(stream, known)
            else:
                return Result(result.appended, opened=new)
        return Result()

    async def _unknown(self, file_ids: Collection[UUID]) -> frozenset[UUID]:
        """Return those of these artifacts that there are not yet."""
        found = await asyncio.gather(*map(self._log.find_stream, file_ids))
        return frozenset(file_id for file_id, state in zip(file_ids, found, strict=True) if state is None)

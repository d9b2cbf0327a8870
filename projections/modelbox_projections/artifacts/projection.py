"""Folds which files belong to each object."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

import asyncpg

from modelbox_events import ChangeEvent, RecordedEvent
from modelbox_events.types.artifact import ArtifactsTracked, ArtifactUploaded, TrackedFile, UploadedFile
from modelbox_projections.artifacts import STATEMENTS
from modelbox_projections.limits import FILES_PER_EVENT_MAX
from modelbox_projections.objects.creations import created_id, creations_with
from modelbox_projections.projection import DecodedEvent, Projection, names_of, write_rows

File = TrackedFile | UploadedFile | ArtifactUploaded
"""What an event says of a file."""

_CREATIONS: Final = creations_with("files") | creations_with("uploaded")


def fold(events: Sequence[DecodedEvent]) -> list[tuple[Any, ...]]:
    """Return the artifacts that the events bring, each id once: the last time counts, the newest under its path."""
    rows: dict[UUID, tuple[Any, ...]] = {}
    for event in events:
        parent_id, files = _files_of(event.data)
        for number, file in enumerate(files):
            rows[file.id] = _row(event.recorded, parent_id, file, number)
    return list(rows.values())


def _files_of(data: ChangeEvent) -> tuple[UUID, Sequence[File]]:
    """Return the object that an event gives files, and the files."""
    match data:
        case ArtifactsTracked():
            return data.object_id, data.files
        case ArtifactUploaded():
            return data.object_id, [data]
        case _:
            return created_id(data), [*getattr(data, "files", ()), *getattr(data, "uploaded", ())]


def _row(recorded: RecordedEvent, parent_id: UUID, file: File, number: int) -> tuple[Any, ...]:
    if isinstance(file, TrackedFile):
        content = (file.checksum, 0, "", "", False)
    else:
        content = (file.sha256, file.size, file.sha256, file.md5, True)
    when = (recorded.recorded_at, recorded.position, recorded.position * FILES_PER_EVENT_MAX + number)
    return (file.id, parent_id, recorded.namespace, file.path, file.file_type, *content, *when)


class ArtifactsProjection(Projection):
    """The artifacts of every object, tracked and uploaded."""

    name: ClassVar = "artifacts"
    code_version: ClassVar = 5
    event_types: ClassVar = names_of(ArtifactsTracked, ArtifactUploaded, *_CREATIONS)
    tables: ClassVar = ("artifacts",)
    relations: ClassVar = ("artifacts",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        await write_rows(connection, STATEMENTS["insert"], fold(events))

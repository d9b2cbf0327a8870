"""Folds which files belong to each object.

Must not know: where their bytes are.
"""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from modelbox_events import RecordedEvent
from modelbox_events.types import ArtifactsTracked, ArtifactUploaded, ModelCreated, ModelVersionCreated, TrackedFile
from modelbox_projections.artifacts import STATEMENTS
from modelbox_projections.limits import FILES_PER_EVENT_MAX
from modelbox_projections.projection import DecodedEvent, Projection, names_of, write_rows


def fold(events: Sequence[DecodedEvent]) -> list[tuple[Any, ...]]:
    """Return the artifacts that the events bring, each id once: the first time counts."""
    rows: dict[UUID, tuple[Any, ...]] = {}
    for event in events:
        match event.data:
            case ModelCreated() as data:
                found = _tracked(event.recorded, data.model_id, data.files)
            case ModelVersionCreated() as data:
                found = _tracked(event.recorded, data.model_version_id, data.files)
            case ArtifactsTracked() as data:
                found = _tracked(event.recorded, data.object_id, data.files)
            case ArtifactUploaded() as data:
                found = [_uploaded(event.recorded, data)]
            case _:
                continue
        for row in found:
            rows.setdefault(row[0], row)
    return list(rows.values())


def _tracked(recorded: RecordedEvent, parent_id: UUID, files: Sequence[TrackedFile]) -> list[tuple[Any, ...]]:
    return [
        (
            file.id, parent_id, recorded.namespace, file.path, file.file_type, file.checksum, 0, "", "", False,
            recorded.recorded_at, recorded.position, _place(recorded, number),
        )
        for number, file in enumerate(files)
    ]  # fmt: skip


def _uploaded(recorded: RecordedEvent, data: ArtifactUploaded) -> tuple[Any, ...]:
    about = (data.path, data.file_type, data.sha256, data.size, data.sha256, data.md5, True)
    when = (recorded.recorded_at, recorded.position, _place(recorded, 0))
    return (data.id, data.object_id, recorded.namespace, *about, *when)


def _place(recorded: RecordedEvent, number: int) -> int:
    return recorded.position * FILES_PER_EVENT_MAX + number


class ArtifactsProjection(Projection):
    """The artifacts of every object, tracked and uploaded."""

    name: ClassVar = "artifacts"
    code_version: ClassVar = 1
    event_types: ClassVar = names_of(ModelCreated, ModelVersionCreated, ArtifactsTracked, ArtifactUploaded)
    tables: ClassVar = ("artifacts",)
    relations: ClassVar = ("artifacts",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        await write_rows(connection, STATEMENTS["insert"], fold(events))

"""Artifacts, the files of an object: from what a request names, or another object has, to what an event records."""

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

import msgspec

from modelbox_events.event import NewEvent, StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.artifact import ARTIFACT, ArtifactsTracked, ArtifactUploaded, TrackedFile, UploadedFile
from modelbox_gateway.rules.kinds import KindRules

KIND: Final = KindRules(kind=ARTIFACT, is_part=True)

TRACKED: Final = "tracked"
UPLOADED: Final = "uploaded"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file as a request names it."""

    path: str
    file_type: str = "UNDEFINED"
    checksum: str = ""


def artifact_id(parent_id: UUID, kind: str, file: File) -> UUID:
    """Return the id that an object, a file and whether it is `TRACKED` or `UPLOADED` make.

    Of an uploaded file, `file.checksum` is the SHA-256.
    """
    return object_id(ARTIFACT, str(parent_id), kind, file.path, file.file_type, file.checksum)


def tracked_files(
    namespace: str, parent_id: UUID, files: Iterable[File]
) -> tuple[list[TrackedFile], tuple[StreamRef, ...]]:
    """Return the files as an event records them, and the streams it opens; a file named twice counts once."""
    by_id = {artifact_id(parent_id, TRACKED, file): file for file in files}
    recorded = [
        TrackedFile(id=file_id, path=file.path, file_type=file.file_type, checksum=file.checksum)
        for file_id, file in by_id.items()
    ]
    return recorded, tuple(StreamRef(namespace, ARTIFACT, file_id) for file_id in by_id)


def uploaded_files(
    namespace: str, parent_id: UUID, files: Iterable[UploadedFile]
) -> tuple[list[UploadedFile], tuple[StreamRef, ...]]:
    """Return files of another object as those of this one, with ids of its own, and the streams that opens."""
    by_id = {artifact_id(parent_id, UPLOADED, _by_content(file)): file for file in files}
    recorded = [msgspec.structs.replace(file, id=file_id) for file_id, file in by_id.items()]
    return recorded, tuple(StreamRef(namespace, ARTIFACT, file_id) for file_id in by_id)


def tracked(parent: StreamRef, files: Iterable[File], *, new: Collection[UUID]) -> NewEvent:
    """Return what the log records of files that are tracked; those that are `new` open a stream."""
    recorded, opens = tracked_files(parent.namespace, parent.id, files)
    event = ArtifactsTracked(object_id=parent.id, files=recorded)
    return NewEvent(event, tuple(ref for ref in opens if ref.id in new))


def uploaded(parent: StreamRef, upload: ArtifactUploaded, *, new: Collection[UUID]) -> NewEvent:
    """Return what the log records of a file whose bytes are durable; one that is `new` opens a stream."""
    opens = (StreamRef(parent.namespace, ARTIFACT, upload.id),) if upload.id in new else ()
    return NewEvent(upload, opens)


def _by_content(file: UploadedFile) -> File:
    return File(path=file.path, file_type=file.file_type, checksum=file.sha256)

"""Files of an object: from what a request names, or another object has, to what an event records.

Must not know: the log, the wire.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec

from modelbox_events.event import StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.artifact import ARTIFACT, TrackedFile, UploadedFile

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


def _by_content(file: UploadedFile) -> File:
    return File(path=file.path, file_type=file.file_type, checksum=file.sha256)

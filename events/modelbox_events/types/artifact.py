"""What happens to artifacts. It is recorded in the stream of the object that the artifact belongs to."""

from typing import ClassVar, Final
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, Effect, Kind, Target

ARTIFACT: Final[Kind] = "artifact"


class TrackedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file kept elsewhere: ModelBox knows where it is, not its bytes.

    `path` is a label or URI, never a location on our disks; `checksum` is the client's claim, in its own notation.
    """

    id: UUID
    path: str
    file_type: str
    checksum: str


class UploadedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose bytes are durable in the blob store; `sha256` (hex) is also their address there."""

    id: UUID
    path: str
    file_type: str
    size: int
    sha256: str
    md5: str


class ArtifactsTracked(ChangeEvent, frozen=True, kw_only=True):
    """Files kept elsewhere were attached to an object."""

    effect: ClassVar = Effect.CREATES
    target: ClassVar = Target(ARTIFACT, ("files", 0, "id"))

    object_id: UUID
    files: list[TrackedFile]


class ArtifactUploaded(ChangeEvent, frozen=True, kw_only=True):
    """A file's bytes are durable in the blob store and verified; `sha256` (hex) is also their address there."""

    effect: ClassVar = Effect.CREATES
    target: ClassVar = Target(ARTIFACT, ("id",))

    object_id: UUID
    id: UUID
    path: str
    file_type: str
    size: int
    sha256: str
    md5: str

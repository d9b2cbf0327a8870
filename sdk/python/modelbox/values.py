"""What the client gives and takes: plain values, frozen.

Must not know: how they come from the server.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Self

from modelbox.enums import FileType

MetricValue = float | str | bytes
"""The value of a metric as it is kept: a double, text or bytes."""

OnProgress = Callable[[str, int, int], None]
"""Called while a file is transferred: its path, the bytes done, the bytes in all."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that belongs to an object.

    `path` is a label or URI. An uploaded file's bytes are kept by ModelBox: it has a `size` in bytes and a `sha256`
    (hexadecimal). A tracked file's are kept elsewhere, and its `checksum` is whatever was given with it. `created_at`
    is None in what `upload_artifact` returns; `artifacts()` has it.
    """

    parent: str
    path: str
    mime_type: FileType = FileType.UNDEFINED
    checksum: str = ""
    id: str = ""
    size: int = 0
    sha256: str = ""
    uploaded: bool = False
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to track or upload, where its path alone does not say enough.

    A `checksum` (hexadecimal MD5 or SHA-256) given with an upload is verified by the server before the file is kept.
    """

    path: str | PathLike[str]
    checksum: str = ""
    mime_type: FileType | None = None

    @classmethod
    def from_path(cls, path: str | PathLike[str], checksum: str = "") -> Self:
        """Describe a file on this machine: its type by its extension, its checksum (SHA-256) by reading it.

        Raises:
            OSError: The file cannot be read.
        """
        if not checksum:
            with Path(path).open("rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path, checksum, FileType.of_path(fspath(path)))


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One point of a metric; `wallclock` in seconds since the epoch."""

    step: int
    wallclock: float
    value: MetricValue


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and the number of models in it."""

    name: str
    models: int
    created_at: datetime
    updated_at: datetime


class ChangeKind(StrEnum):
    """What a change did to its object."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Change:
    """A change event of a namespace.

    `type` is the event's type, such as `ModelCreated`; `position` its place in the whole log; `token` is where to
    resume after it (`watch(after=…)`); `payload` what it wrote.
    """

    kind: ChangeKind
    type: str
    object_type: str
    object_id: str
    position: int
    recorded_at: datetime
    token: str
    payload: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the metric points logged with a client, in points.

    `waiting`: in memory or on their way. `acknowledged`: recorded by the server. `dropped`: given up because the
    buffer was full or the client was closed while the server was away. `refused`: the server said no.
    """

    waiting: int
    acknowledged: int
    dropped: int
    refused: int

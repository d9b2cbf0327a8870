"""What the client gives and takes: plain values, frozen.

Must not know: the wire.
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

MetricScalar = float | str | bytes
"""The value of a metric as it is kept: a double, text or bytes."""

Labels = Mapping[str, str | float]
"""Labels: a text for each name. A number, also of numpy or torch, and a bool become their text in Python."""

OnProgress = Callable[[str, int, int], None]
"""Called while a file is transferred: its path, the bytes done, the bytes in all."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to track or upload, where its path alone does not say enough.

    A `checksum` (hexadecimal MD5 or SHA-256) given with an upload is verified by the server before the file is kept.
    `label` is the artifact's path, the path here unless given; the files of a folder are below it.
    """

    path: str | PathLike[str]
    checksum: str = ""
    mime_type: FileType | None = None
    label: str = ""

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
class MetricValue:
    """One point of a metric; its time in seconds since the epoch."""

    step: int
    wallclock_time: float
    value: MetricScalar

    @property
    def wallclock(self) -> float:
        """The time, as `log_metrics` calls it."""
        return self.wallclock_time


MetricPoint = MetricValue
"""A point of a metric, by the word that the documentation uses for it."""


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """A metric in short: its newest, smallest and largest number; NaN counts for the newest alone.

    `step` is the newest's, `points` how many there are.
    """

    latest: float
    min: float
    max: float
    step: int
    points: int


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """A value that a metadata key had, None where it was deleted; `position` is its change's place in the whole log."""

    key: str
    value: Any = field(hash=False)
    recorded_at: datetime
    position: int
    actor: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A field of an object that a change gave another value.

    `field` is "exists" (it was created), "deleted", "owner", "description", "task", "comment", "status",
    "labels.<name>" or "unique_tags.<tag>"; `old` and `new` are None where there was, or is, no value. Of a unique tag
    they are the versions that held and hold it, and `old_id` and `new_id` their ids. `version` is which one a model's
    history tells of, and `reason` why a run ended or goes on, as far as that was said.

    `actor` is who made the change. Nobody has to prove it: "claimed:anna" is who the client says uses it, the account's
    name or MODELBOX_USER. `type` is the change's type, `position` its place in the whole log.
    """

    position: int
    recorded_at: datetime
    actor: str
    type: str
    object_type: str
    object_id: str
    field: str
    old: str | None
    new: str | None
    old_id: str = ""
    new_id: str = ""
    reason: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What a run was made with: code, machine and packages; what is not known is empty.

    `repository` is the URL of the git remote, without credentials, or the repository's folder where it has none.
    `dirty`: files that git tracks had changes that are in no commit, or it does not track the program. `entry_point` is
    the program, relative to the repository where it is in it. `dependencies` has the version of each installed package.
    """

    repository: str = ""
    commit: str = ""
    branch: str = ""
    dirty: bool = False
    entry_point: str = ""
    user: str = ""
    host: str = ""
    python_version: str = ""
    platform: str = ""
    dependencies: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class DatasetColumn:
    """A column of a dataset; `summary` is what is known of its values, such as their bounds."""

    name: str
    type: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and the number of models, experiments and datasets in it."""

    name: str
    models: int
    created_at: datetime
    updated_at: datetime
    experiments: int = 0
    datasets: int = 0


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object of any kind in short: its `type` is that of `Change.object_type`."""

    id: str
    type: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class ClusterMember:
    """A server that takes calls for this log."""

    id: str
    host_name: str
    rpc_addr: str
    http_addr: str


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
    resume after it (`watch(after=…)`); `payload` what it wrote. Where that was redacted it is empty, and `redacted_by`
    is the position of the change that says so.

    `actor` is who made it, see `HistoryEntry`. Of a model version, `model` is its model's name, `version` its number
    there and `version_name` its own name; of a unique tag also `unique_tag`, and `from_version`, which held it before.
    """

    kind: ChangeKind
    type: str
    object_type: str
    object_id: str
    position: int
    recorded_at: datetime
    token: str
    payload: Mapping[str, Any] = field(hash=False)
    redacted_by: int | None = None
    actor: str = ""
    model: str = ""
    version: str = ""
    version_name: str = ""
    unique_tag: str = ""
    from_version: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of what was logged with a client: in metric points, and in other calls.

    `waiting`: in memory, in the journal or on its way; of a closed client, left in the journal. `journaled`: those of
    the waiting points that are in the journal. `acknowledged`: recorded by the server. `dropped`: given up because
    neither the journal nor the memory had room. `refused`: the server said no, or failed on it alone again and again;
    with a journal it is set aside. `after_end`: points, counted above too, that were logged on a run after its end.
    `trouble`: why the last try failed, empty if it did not. `left_out`: values that could not be logged because they
    break a rule, such as None for a metric. `ring`: the file that keeps what is logged until it is in the journal, so
    that a process which is killed loses nothing; empty where there is none: then such a process loses its last tenth of
    a second.
    """

    waiting: int
    acknowledged: int
    dropped: int
    refused: int
    waiting_calls: int = 0
    acknowledged_calls: int = 0
    dropped_calls: int = 0
    refused_calls: int = 0
    journaled: int = 0
    after_end: int = 0
    trouble: str = field(default="", compare=False)
    left_out: int = 0
    ring: str = field(default="", compare=False)

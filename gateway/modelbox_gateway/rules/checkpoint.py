"""Training checkpoints: what a request creates, the event that records it, and what promoting one brings along."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.artifact import ArtifactsTracked, ArtifactUploaded, TrackedFile, UploadedFile
from modelbox_events.types.checkpoint import CHECKPOINT, CheckpointCreated
from modelbox_events.types.metadata import MetadataRemoved, MetadataUpdated
from modelbox_events.types.metrics import Double, DoubleSeries, MetricsLogged
from modelbox_events.types.run import RUN
from modelbox_gateway.rules.artifact import File, tracked_files
from modelbox_gateway.rules.creation import Creation
from modelbox_gateway.rules.kinds import FieldChange, KindRules, type_names
from modelbox_gateway.rules.model_version import Origin

CONTENT_TYPES: Final = type_names(
    CheckpointCreated, MetadataUpdated, MetadataRemoved, ArtifactsTracked, ArtifactUploaded, MetricsLogged
)
"""The event types of a checkpoint's stream that `evolve` folds."""

EPOCH: Final = "epoch"
STEP: Final = "step"


class Key(NamedTuple):
    """What makes a checkpoint of its parent: the number of an `EPOCH` or of a `STEP`."""

    of: str
    number: int


class CreateCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Create a checkpoint of an experiment, or of one of its runs. Parent and key make it."""

    parent: StreamRef
    experiment_id: UUID
    key: Key
    metrics: dict[str, Double] = {}
    labels: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    files: Sequence[File] = ()

    @property
    def stream(self) -> StreamRef:
        """The checkpoint's stream; its namespace is the parent's."""
        return StreamRef(self.parent.namespace, CHECKPOINT, checkpoint_id(self.parent.id, self.key))


class _Point(NamedTuple):
    """A metric's value, ordered as the views order points."""

    step: int
    wallclock_s: float
    value: Double


class Contents(msgspec.Struct, frozen=True):
    """What a checkpoint holds: what it was created with, and what was logged on it since."""

    created: CheckpointCreated | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})
    tracked: tuple[TrackedFile, ...] = ()
    uploaded: tuple[UploadedFile, ...] = ()
    metrics: Mapping[str, _Point] = MappingProxyType({})

    @property
    def files(self) -> list[File]:
        """The files that are kept elsewhere."""
        return [File(path=file.path, file_type=file.file_type, checksum=file.checksum) for file in self.tracked]


def checkpoint_id(parent_id: UUID, key: Key) -> UUID:
    """Return the id that a run or experiment and a key make."""
    return object_id(CHECKPOINT, str(parent_id), key.of, str(key.number))


def creation(command: CreateCheckpoint) -> Creation[CheckpointCreated]:
    """Return what is to be recorded."""
    stream, key, parent = command.stream, command.key, command.parent
    files, opens = tracked_files(stream.namespace, stream.id, command.files)
    created = CheckpointCreated(
        checkpoint_id=stream.id,
        experiment_id=command.experiment_id,
        run_id=parent.id if parent.type == RUN else None,
        epoch=key.number if key.of == EPOCH else None,
        step=key.number if key.of == STEP else None,
        metrics=command.metrics,
        labels=command.labels,
        metadata=command.metadata,
        files=files,
    )
    return Creation(
        stream=stream,
        event=created,
        key_field=key.of,
        opens=opens,
        parents={"run_id" if parent.type == RUN else "experiment_id": parent},
    )


def evolve(state: Contents, event: ChangeEvent) -> Contents:
    """Return what the checkpoint holds after an event of its stream; an event of no such type changes nothing."""
    match event:
        case CheckpointCreated():
            points = {key: _Point(_number(event), 0.0, value) for key, value in event.metrics.items()}
            return Contents(event, event.metadata, tuple(event.files), (), points)
        case MetadataUpdated():
            return msgspec.structs.replace(state, metadata={**state.metadata, **event.metadata})
        case MetadataRemoved():
            left = {key: value for key, value in state.metadata.items() if key not in event.keys}
            return msgspec.structs.replace(state, metadata=left)
        case ArtifactsTracked():
            # A file that is recorded again is the newest under its path again.
            again = {file.id for file in event.files}
            kept = (file for file in state.tracked if file.id not in again)
            return msgspec.structs.replace(state, tracked=(*kept, *event.files))
        case ArtifactUploaded():
            others = (file for file in state.uploaded if file.id != event.id)
            return msgspec.structs.replace(state, uploaded=(*others, _file_of(event)))
        case MetricsLogged():
            return msgspec.structs.replace(state, metrics=_newest(state.metrics, event))
        case _:
            return state


def origin_of(contents: Contents, created: CheckpointCreated) -> Origin:
    """Return what a model version made from the checkpoint records of where it comes from."""
    return Origin(
        experiment_id=created.experiment_id,
        run_id=created.run_id,
        checkpoint_id=created.checkpoint_id,
        uploaded=contents.uploaded,
        metrics={key: point.value for key, point in contents.metrics.items()},
        step=_number(created),
    )


def changes(event: ChangeEvent) -> Iterator[FieldChange]:
    """Give, of a creation, that the checkpoint is there, by its epoch or step."""
    if isinstance(event, CheckpointCreated):
        yield FieldChange("exists", None, str(event.epoch if event.step is None else event.step))


KIND: Final = KindRules(kind=CHECKPOINT, changes=changes)


def _number(event: CheckpointCreated) -> int:
    return event.step if event.step is not None else event.epoch or 0


def _file_of(event: ArtifactUploaded) -> UploadedFile:
    return UploadedFile(
        id=event.id,
        path=event.path,
        file_type=event.file_type,
        size=event.size,
        sha256=event.sha256,
        md5=event.md5,
    )


def _newest(known: Mapping[str, _Point], event: MetricsLogged) -> dict[str, _Point]:
    """Return the newest point of each key; of points with the same step and wallclock, the one logged last."""
    newest = dict(known)
    for series in event.series:
        if isinstance(series, DoubleSeries):
            for point in map(_Point, series.steps, series.wallclock_s, series.values):
                before = newest.get(series.key)
                if before is None or before[:2] <= point[:2]:
                    newest[series.key] = point
    return newest

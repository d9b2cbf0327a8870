"""From a recorded event to what a watcher is told of it.

Must not know: who watches, or from where.
"""

from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import RecordedEvent, Token
from modelbox_events.types import Registry
from modelbox_gateway.rpc.answers import timestamp
from modelbox_gateway.rpc.values import to_value

_decode: Final = msgspec.json.Decoder().decode


class _Subject(NamedTuple):
    """Which object an event is about: its kind, and where in the event its id is."""

    object_type: str
    id_at: tuple[str | int, ...]


_CREATES: Final = {
    "ExperimentCreated": _Subject("experiment", ("experiment_id",)),
    "RunCreated": _Subject("run", ("run_id",)),
    "CheckpointCreated": _Subject("checkpoint", ("checkpoint_id",)),
    "ModelCreated": _Subject("model", ("model_id",)),
    "ModelVersionCreated": _Subject("model_version", ("model_version_id",)),
    "DatasetCreated": _Subject("dataset", ("dataset_id",)),
    "ArtifactsTracked": _Subject("artifact", ("files", 0, "id")),
    "ArtifactUploaded": _Subject("artifact", ("id",)),
}
"""Events that bring objects into being; of several, the first is named and the payload has all."""

_UPDATES: Final = {
    "UniqueTagMoved": _Subject("model_version", ("model_version_id",)),
    "UniqueTagRemoved": _Subject("model_version", ("model_version_id",)),
}
"""Events that change another object than the one in whose stream they stand. All others change that one."""

_KINDS: Final = dict.fromkeys(_CREATES, pb.OBJECT_CREATED) | {"ObjectDeleted": pb.OBJECT_DELETED}
"""What becomes of the object; an event of another type is `OBJECT_UPDATED`, the restoring of a deleted one too."""


class Changes:
    """Makes the messages of changes."""

    def __init__(self, log_id: UUID, registry: Registry) -> None:
        """Read events of this log with its types."""
        self._log_id = log_id
        self._registry = registry

    def message(self, event: RecordedEvent) -> pb.WatchNamespaceResponse:
        """Return what a watcher is told of an event."""
        payload = self._payload(event)
        subject = _CREATES.get(event.type) or _UPDATES.get(event.type)
        return pb.WatchNamespaceResponse(
            event=_KINDS.get(event.type, pb.OBJECT_UPDATED),
            payload=to_value(payload),
            type=event.type,
            object_type=subject.object_type if subject else event.stream_type,
            object_id=_at(payload, subject.id_at) if subject else str(event.stream_id),
            position=event.position,
            recorded_at=timestamp(event.recorded_at),
            token=str(Token(self._log_id, event.position)),
        )

    def _payload(self, event: RecordedEvent) -> Any:
        known = self._registry.types.get(event.type)
        if known is not None and known.schema_version != event.schema_version:
            return _decode(self._registry.encode(self._registry.decode(event)))
        return _decode(event.data) if event.data is not None else None


def _at(payload: Any, place: tuple[str | int, ...]) -> str:
    for step in place:
        payload = payload[step]
    return str(payload)

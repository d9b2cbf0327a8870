"""What watchers are told of a change beside its payload: who made it, and by which names people know what it is about.

Names come from the event where it has them, else from the views. A change is never held up for long by them: where the
views do not get there in time, ids have to do.
"""

import contextlib
from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox_events import ChangeEvent, Position, RecordedEvent
from modelbox_events.types.model_version import MODEL_VERSION, ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_gateway.commands import limits
from modelbox_gateway.commands.lru import LruMap
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.limits import NAMES_WAIT_S
from modelbox_gateway.rules.kinds import events_about, type_names
from modelbox_projections import NotCaughtUpError
from modelbox_projections.model_versions.kind import ModelVersions
from modelbox_projections.models.kind import Models

_VIEWS: Final = ("models", "model_versions")
_TAGGED: Final = (UniqueTagMoved, UniqueTagRemoved)
_NAMING: Final = type_names(*events_about(MODEL_VERSION))
"""The types of a model's stream that are about one of its versions."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a change beside its payload, under the names of the wire; what is not known is empty."""

    actor: str = ""
    model: str = ""
    version: str = ""
    version_name: str = ""
    unique_tag: str = ""
    from_version: str = ""


class _Names(msgspec.Struct, frozen=True):
    """How people call a model version: its model's name, its number, its name."""

    model: str = ""
    version: str = ""
    name: str = ""


class Abouts:
    """Finds out what is told of changes. Names of models and versions never change and are remembered."""

    def __init__(self, backend: Backend) -> None:
        """Read from `backend`."""
        self._backend = backend
        self._registry = backend.services.log.registry
        self._models: LruMap[UUID, str] = LruMap(limits.STREAMS_CACHED_MAX, backend.services.log.head)
        self._names: LruMap[UUID, _Names] = LruMap(limits.STREAMS_CACHED_MAX, backend.services.log.head)

    async def of(self, event: RecordedEvent) -> About:
        """Return what is told of a change.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        actor = (await self._backend.users.actors_of([event]))[event.position]
        known = event.type in _NAMING
        if event.redacted_by is not None or event.data is None or not (known or event.stream_type == MODEL_VERSION):
            return About(actor=actor)
        data: Any = self._registry.decode(event) if known else None
        names = await self._names_of(event, data)
        told = About(actor=actor, model=names.model, version=names.version, version_name=names.name)
        if not isinstance(data, _TAGGED):
            return told
        held = data.from_model_version_id if isinstance(data, UniqueTagMoved) else None
        before = _Names() if held is None else await self._look_up(held, event.position)
        return msgspec.structs.replace(told, unique_tag=data.tag, from_version=before.version)

    async def _names_of(self, event: RecordedEvent, data: ChangeEvent | None) -> _Names:
        """Return the names of the version that an event is about."""
        match data:
            case ModelVersionCreated():
                names = _Names(await self._model(data.model_id, event.position), data.version, data.name)
                self._names.put(data.model_version_id, names)
                return names
            case UniqueTagMoved() | UniqueTagRemoved() if data.version:
                return _Names(data.model, data.version, data.version_name)
            case UniqueTagMoved() | UniqueTagRemoved():
                return await self._look_up(data.model_version_id, event.position)
            case _:
                return await self._look_up(event.stream_id, event.position)

    async def _look_up(self, model_version_id: UUID, position: Position) -> _Names:
        known = self._names.get(model_version_id)
        if known is not None:
            return known
        await self._reached(position)
        row = await self._backend.services.views.of(ModelVersions).get(model_version_id)
        if row is None:
            return _Names()
        names = _Names(await self._model(row.model_id, position), row.version, row.name)
        self._names.put(model_version_id, names)
        return names

    async def _model(self, model_id: UUID, position: Position) -> str:
        known = self._models.get(model_id)
        if known is not None:
            return known
        await self._reached(position)
        row = await self._backend.services.views.of(Models).get(model_id)
        if row is None:
            return ""
        self._models.put(model_id, row.name)
        return row.name

    async def _reached(self, position: Position) -> None:
        """Give the views a moment to come to what stands before a change."""
        with contextlib.suppress(NotCaughtUpError):
            await self._backend.services.cursors.wait(_VIEWS, Position(position - 1), timeout_s=NAMES_WAIT_S)

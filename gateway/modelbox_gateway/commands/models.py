"""Commands on models, run against the log.

Must not know: the wire, the views.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from modelbox_events import Appended, ChangeEvent, Log, StreamExistsError, StreamRef
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION, ModelVersionCreated, UniqueTagMoved
from modelbox_gateway.commands import limits, model
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.executor import Aggregate, Executor, Recorded
from modelbox_gateway.commands.lifecycles import NO_PARENTS, Lifecycles
from modelbox_gateway.commands.lru import LruMap
from modelbox_gateway.errors import ContentionError, UniqueTagNotHeldError, UniqueTagTakenError

Event = TypeVar("Event", bound=ChangeEvent)

_MODEL: Final = Aggregate("model_registry_claims", model.ModelState(), model.evolve, model.REGISTRY_TYPES, model.claim)


class VersionCreated(msgspec.Struct, frozen=True):
    """The result of `create_model_version`; without `appended` the version was there before."""

    model_version_id: UUID
    version: str = ""
    name: str = ""
    appended: Appended | None = None


class KnownVersion(msgspec.Struct, frozen=True):
    """What never changes of a model version: its model's stream, its number there, and its name."""

    model: StreamRef
    version: str
    name: str


class Models:
    """The commands on models. Of which model a version is, and how it is named, never changes and is remembered."""

    def __init__(self, log: Log, lifecycles: Lifecycles) -> None:
        """Run on `log`."""
        self._log = log
        self._lifecycles = lifecycles
        self._executor = Executor(log, _MODEL, cached_max=limits.MODELS_CACHED_MAX)
        self.versions: LruMap[UUID, KnownVersion] = LruMap(limits.STREAMS_CACHED_MAX, log.head)

    async def create_model(self, command: model.CreateModel, caller: Caller) -> Appended | None:
        """Create a model; None says that it was there before.

        Raises:
            ObjectDeletedError: It is there and deleted.
        """
        stream = StreamRef(command.namespace, MODEL, command.model_id)
        recorded = await self._executor.execute(
            stream, lambda state: model.decide_create_model(state, command), caller, creates=True
        )
        if recorded.appended is None:
            await self._lifecycles.refuse_deleted("name", stream)
        return recorded.appended

    async def create_model_version(
        self, command: model.CreateModelVersion, caller: Caller, *, parents: Mapping[str, StreamRef] = NO_PARENTS
    ) -> VersionCreated:
        """Create a version of a model that exists.

        Args:
            command: The version.
            caller: Who asks.
            parents: What must not be deleted beside the model, each by the field of the request that names it.

        Raises:
            ObjectDeletedError: The model or one of the parents is deleted, or the version is there and deleted.
            UniqueTagTakenError: Another model version holds one of the unique tags, and they are not to be moved.
        """

        async def record(absent: tuple[StreamRef, ...]) -> Recorded:
            return await self._record_version(command, caller, absent)

        existing = StreamRef(
            command.model.namespace, MODEL_VERSION, model.model_version_id(command.model.id, command.version)
        )
        try:
            recorded = await self._lifecycles.under({"model": command.model, **parents}, record)
        except StreamExistsError:
            return await self._existing(existing)
        except UniqueTagTakenError:
            # A version that exists is answered as it is, wherever its tags have gone since.
            if not command.version or await self._log.find_stream(existing.id) is None:
                raise
            return await self._existing(existing)
        created = _first(recorded, ModelVersionCreated)
        self.versions.put(created.model_version_id, KnownVersion(command.model, created.version, created.name))
        return VersionCreated(created.model_version_id, created.version, created.name, recorded.appended)

    async def _record_version(
        self, command: model.CreateModelVersion, caller: Caller, absent: tuple[StreamRef, ...]
    ) -> Recorded:
        """Record the version; tags of deleted versions are free, as of the very moment of recording.

        Whether a holder is deleted is only asked when it stands in the way.
        """
        deleted: dict[UUID, StreamRef] = {}
        for _ in range(limits.TRIES_MAX):
            decide = partial(model.decide_create_model_version, command=command, deleted=deleted)
            grounds = (*absent, *deleted.values())
            try:
                return await self._executor.execute(command.model, decide, caller, absent=grounds)
            except UniqueTagTakenError as refusal:
                deleted = await self._deleted_holders(command)
                if refusal.holder not in deleted:
                    raise
            except StreamExistsError as error:
                # One of them was restored since: it holds its tags again.
                if error.stream_id not in {stream.id for stream in deleted.values()}:
                    raise
                deleted = {}
        raise ContentionError(command.model.id, limits.TRIES_MAX)

    async def _deleted_holders(self, command: model.CreateModelVersion) -> dict[UUID, StreamRef]:
        tags = self._executor.remembered(command.model.id).tags
        holders = {tags[tag] for tag in command.unique_tags if tag in tags}
        streams = [StreamRef(command.model.namespace, MODEL_VERSION, holder) for holder in holders]
        return await self._lifecycles.deleted(streams)

    async def _existing(self, version: StreamRef) -> VersionCreated:
        await self._lifecycles.refuse_deleted("version", version)
        return VersionCreated(version.id)

    async def set_unique_tag(self, command: model.SetUniqueTag, caller: Caller) -> tuple[UUID | None, Appended | None]:
        """Give a tag to a model version; return on which one it was set before.

        Raises:
            ObjectDeletedError: The model version is deleted: nobody would hold the tag.
        """
        version = StreamRef(command.model.namespace, MODEL_VERSION, command.model_version_id)
        recorded = await self._lifecycles.under(
            {"model_version": version},
            lambda absent: self._executor.execute(
                command.model, lambda state: model.decide_set_unique_tag(state, command), caller, absent=absent
            ),
        )
        if recorded.appended is None:
            await self._lifecycles.refuse_deleted("model_version", version)
            return command.model_version_id, None
        return _first(recorded, UniqueTagMoved).from_model_version_id, recorded.appended

    async def last_holder(self, model_id: UUID, tag: str) -> UUID | None:
        """Return the model version on which a tag was last set, which may be deleted since."""
        return (await self._executor.load(model_id)).tags.get(tag)

    async def last_tags(self, model_id: UUID, model_version_id: UUID) -> list[str]:
        """Return the tags that were last set on a model version, which it holds unless it is deleted."""
        tags = (await self._executor.load(model_id)).tags
        return sorted(tag for tag, holder in tags.items() if holder == model_version_id)

    async def remove_unique_tag(self, command: model.RemoveUniqueTag, caller: Caller) -> Appended:
        """Take a tag away from the model version that holds it.

        Raises:
            UniqueTagNotHeldError: It does not hold the tag.
        """
        recorded = await self._executor.execute(
            command.model, lambda state: model.decide_remove_unique_tag(state, command), caller
        )
        if recorded.appended is None:  # decide gives an event or refuses
            raise UniqueTagNotHeldError(command.tag, command.model_version_id, None)
        return recorded.appended


def _first(recorded: Recorded, event_type: type[Event]) -> Event:
    return next(event for event in recorded.events if isinstance(event, event_type))

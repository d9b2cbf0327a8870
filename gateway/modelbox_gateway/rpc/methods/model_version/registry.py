"""The registry of models, run against the log: versions and unique tags, which rest on versions not being deleted.

Must not know: the wire.
"""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

import msgspec

from modelbox_events import ChangeEvent, StreamExistsError, StreamRef
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION, ModelVersionCreated
from modelbox_gateway.commands import limits
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.lru import LruMap
from modelbox_gateway.commands.result import Result
from modelbox_gateway.errors import ContentionError, UniqueTagNotHeldError, UniqueTagTakenError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.lookup.rows import known_row
from modelbox_gateway.rules import unique_tag
from modelbox_gateway.rules.creation import NO_PARENTS
from modelbox_gateway.rules.model_registry import MODEL_REGISTRY
from modelbox_gateway.rules.model_version import CreateModelVersion, decide_create_model_version, model_version_id
from modelbox_projections.model_versions.kind import ModelVersionRow, ModelVersions


class KnownVersion(msgspec.Struct, frozen=True):
    """What never changes of a model version: its model's stream, its number there, and its name."""

    model: StreamRef
    version: str
    name: str


class ModelRegistry:
    """Versions and their tags. Of which model a version is, and how it is named, never changes and is remembered."""

    def __init__(self, backend: Backend) -> None:
        """Run on `backend`."""
        self._backend = backend
        self._log = backend.services.log
        self._lifecycles = backend.lifecycles
        self._executor = backend.executors.of(MODEL_REGISTRY)
        self._known: LruMap[UUID, KnownVersion] = LruMap(limits.STREAMS_CACHED_MAX, self._log.head)

    async def create(
        self, command: CreateModelVersion, caller: Caller, *, parents: Mapping[str, StreamRef] = NO_PARENTS
    ) -> Result[ChangeEvent]:
        """Create a version of a model that exists.

        Args:
            command: The version.
            caller: Who asks.
            parents: What must not be deleted beside the model, each by the field of the request that names it.

        Raises:
            ObjectDeletedError: The model or one of the parents is deleted, or the version is there and deleted.
            UniqueTagTakenError: Another model version holds one of the unique tags, and they are not to be moved.
        """

        async def record(absent: tuple[StreamRef, ...]) -> Result[ChangeEvent]:
            return await self._record_version(command, caller, absent)

        existing = StreamRef(
            command.model.namespace, MODEL_VERSION, model_version_id(command.model.id, command.version)
        )
        try:
            result = await self._lifecycles.under({"model": command.model, **parents}, record)
        except StreamExistsError:
            return await self._existing(existing)
        except UniqueTagTakenError:
            # A version that exists is answered as it is, wherever its tags have gone since.
            if not command.version or await self._log.find_stream(existing.id) is None:
                raise
            return await self._existing(existing)
        created = result.first(ModelVersionCreated)
        self._known.put(created.model_version_id, KnownVersion(command.model, created.version, created.name))
        return result

    async def _record_version(
        self, command: CreateModelVersion, caller: Caller, absent: tuple[StreamRef, ...]
    ) -> Result[ChangeEvent]:
        """Record the version; tags of deleted versions are free, as of the very moment of recording.

        Whether a holder is deleted is only asked when it stands in the way.
        """
        deleted: dict[UUID, StreamRef] = {}
        for _ in range(limits.TRIES_MAX):
            decide = partial(decide_create_model_version, command=command, deleted=deleted)
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

    async def _deleted_holders(self, command: CreateModelVersion) -> dict[UUID, StreamRef]:
        tags = self._executor.remembered(command.model.id).tags
        holders = {tags[tag] for tag in command.unique_tags if tag in tags}
        streams = [StreamRef(command.model.namespace, MODEL_VERSION, holder) for holder in holders]
        return await self._lifecycles.deleted(streams)

    async def _existing(self, version: StreamRef) -> Result[ChangeEvent]:
        await self._lifecycles.refuse_deleted("version", version)
        return Result()

    async def set_unique_tag(self, command: unique_tag.SetUniqueTag, caller: Caller) -> Result[ChangeEvent]:
        """Give a tag to a model version, unless it was last set there.

        Raises:
            ObjectDeletedError: The model version is deleted: nobody would hold the tag.
        """
        version = StreamRef(command.model.namespace, MODEL_VERSION, command.model_version_id)
        decide = partial(unique_tag.decide_set_unique_tag, command=command)
        result = await self._lifecycles.under(
            {"model_version": version},
            lambda absent: self._executor.execute(command.model, decide, caller, absent=absent),
        )
        if result.exists:
            await self._lifecycles.refuse_deleted("model_version", version)
        return result

    async def last_holder(self, model_id: UUID, tag: str) -> UUID | None:
        """Return the model version on which a tag was last set, which may be deleted since."""
        return (await self._executor.load(model_id)).tags.get(tag)

    async def tags_left(self, stream: StreamRef, call: Call) -> list[str]:
        """Return the unique tags that nobody holds because this object, of whatever kind, is deleted."""
        if stream.type != MODEL_VERSION:
            return []
        row = await self.row(stream.id, call, field="id")
        tags = (await self._executor.load(row.model_id)).tags
        return sorted(tag for tag, holder in tags.items() if holder == stream.id)

    async def known(self, model_version_id: UUID, call: Call) -> KnownVersion:
        """Return what never changes of a model version that the request's `model_version` names."""
        known = self._known.get(model_version_id)
        if known is not None:
            return known
        stream = await self._backend.objects.find("model_version", model_version_id, kind=MODEL_VERSION)
        row = await self.row(model_version_id, call, field="model_version")
        known = KnownVersion(StreamRef(stream.namespace, MODEL, row.model_id), row.version, row.name)
        self._known.put(model_version_id, known)
        return known

    async def row(self, model_version_id: UUID, call: Call, *, field: str) -> ModelVersionRow:
        """Return a model version that the log knows, for what never changes of it; see `known_row`."""
        view = self._backend.services.views.of(ModelVersions)
        return await known_row(self._backend, call, MODEL_VERSION, model_version_id, view=view, field=field)

    async def remove_unique_tag(self, command: unique_tag.RemoveUniqueTag, caller: Caller) -> Result[ChangeEvent]:
        """Take a tag away from the model version that holds it.

        Raises:
            UniqueTagNotHeldError: It does not hold the tag.
        """
        decide = partial(unique_tag.decide_remove_unique_tag, command=command)
        result = await self._executor.execute(command.model, decide, caller)
        if result.exists:  # decide gives an event or refuses
            raise UniqueTagNotHeldError(command.tag, command.model_version_id, None)
        return result

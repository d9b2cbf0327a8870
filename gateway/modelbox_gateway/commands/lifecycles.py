"""Deleting and restoring objects, and what may only happen while an object is not deleted, run against the log.

Must not know: the wire, the views.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeVar
from uuid import UUID

from modelbox_events import Appended, Log, StreamExistsError, StreamRef
from modelbox_events.types.artifact import ARTIFACT
from modelbox_gateway.commands import lifecycle, limits
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.executor import Aggregate, Executor
from modelbox_gateway.errors import ContentionError, InvalidFieldError, ObjectDeletedError

Result = TypeVar("Result")

NO_PARENTS: Final = MappingProxyType[str, StreamRef]({})
"""Nothing that must not be deleted."""

_LIFECYCLE: Final = Aggregate(
    "lifecycle_claims", lifecycle.Lifecycle(), lifecycle.evolve, lifecycle.LIFECYCLE_TYPES, lifecycle.claim
)


class Lifecycles:
    """The commands on the lifecycle of objects of any kind."""

    def __init__(self, log: Log) -> None:
        """Run on `log`."""
        self._executor = Executor(log, _LIFECYCLE, cached_max=limits.LIFECYCLES_CACHED_MAX)

    async def delete(self, stream: StreamRef, caller: Caller) -> Appended | None:
        """Delete an object; None says that it is deleted.

        Raises:
            InvalidFieldError: It is an artifact.
        """
        _refuse_artifact(stream)
        recorded = await self._executor.execute(stream, lambda state: lifecycle.decide_delete(state, stream.id), caller)
        return recorded.appended

    async def restore(self, stream: StreamRef, caller: Caller) -> Appended | None:
        """Undo the deletion of an object; None says that it is not deleted.

        Raises:
            InvalidFieldError: It is an artifact.
        """
        _refuse_artifact(stream)
        recorded = await self._executor.execute(
            stream, lambda state: lifecycle.decide_restore(state, stream.id), caller
        )
        return recorded.appended

    async def refuse_deleted(self, field: str, stream: StreamRef) -> None:
        """Raise `ObjectDeletedError`, naming the request's field, if the object is deleted now."""
        if (await self._executor.load(stream.id)).deleted:
            raise ObjectDeletedError(field, stream.type, stream.id)

    async def deleted(self, streams: Iterable[StreamRef]) -> dict[UUID, StreamRef]:
        """Return the ids of those objects that are deleted now, each with the stream that its restoration opens.

        Who rests on one being deleted names that stream as absent.
        """
        states = {stream: await self._executor.load(stream.id) for stream in streams}
        return {stream.id: lifecycle.claim(stream, state) for stream, state in states.items() if state.deleted}

    async def under(
        self, parents: Mapping[str, StreamRef], record: Callable[[tuple[StreamRef, ...]], Awaitable[Result]]
    ) -> Result:
        """Record something that needs objects which are not deleted, as of the very moment of recording.

        In the usual case nothing is read: the log itself refuses what rests on a state that is out of date.

        Args:
            parents: The objects, each by the field of the request that names it.
            record: Appends with these streams as `absent`; called again when an object's state was out of date.

        Raises:
            ObjectDeletedError: One of them is deleted, and the request was not recorded before.
            ContentionError: They were deleted and restored `TRIES_MAX` times meanwhile.
        """
        for _ in range(limits.TRIES_MAX):
            grounds = {
                lifecycle.unless_deleted(stream, self._executor.remembered(stream.id)): field
                for field, stream in parents.items()
            }
            try:
                return await record(tuple(grounds))
            except StreamExistsError as error:
                field = next((field for ground, field in grounds.items() if ground.id == error.stream_id), None)
                if field is None:
                    raise
            await self.refuse_deleted(field, parents[field])
        raise ContentionError(next(iter(parents.values())).id, limits.TRIES_MAX)


def _refuse_artifact(stream: StreamRef) -> None:
    if stream.type == ARTIFACT:
        raise InvalidFieldError("id", f"{stream.id} is an artifact, which stays; delete the object that it belongs to")

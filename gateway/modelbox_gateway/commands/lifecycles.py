"""Deleting and restoring objects, and what may only happen while an object is not deleted, run against the log."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar
from uuid import UUID

from modelbox_events import ChangeEvent, StreamExistsError, StreamRef
from modelbox_gateway.commands import limits
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.executor import Executors
from modelbox_gateway.commands.result import Result
from modelbox_gateway.errors import ContentionError, ObjectDeletedError
from modelbox_gateway.rules import lifecycle

Recorded = TypeVar("Recorded")


class Lifecycles:
    """The commands on the lifecycle of objects of any kind."""

    def __init__(self, executors: Executors) -> None:
        """Decide by `executors`."""
        self._executor = executors.of(lifecycle.LIFECYCLE)

    async def delete(self, stream: StreamRef, caller: Caller) -> Result[ChangeEvent]:
        """Delete an object, unless it is deleted.

        Raises:
            InvalidFieldError: It is a part of another object.
        """
        lifecycle.refuse_part(stream)
        return await self._executor.execute(stream, lambda state: lifecycle.decide_delete(state, stream.id), caller)

    async def restore(self, stream: StreamRef, caller: Caller) -> Result[ChangeEvent]:
        """Undo the deletion of an object, if it is deleted.

        Raises:
            InvalidFieldError: It is a part of another object.
        """
        lifecycle.refuse_part(stream)
        return await self._executor.execute(stream, lambda state: lifecycle.decide_restore(state, stream.id), caller)

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
        self, parents: Mapping[str, StreamRef], record: Callable[[tuple[StreamRef, ...]], Awaitable[Recorded]]
    ) -> Recorded:
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

"""From the events of a stream to the state they make."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from modelbox_events import ChangeEvent, Log
from modelbox_gateway.commands.limits import STREAM_PAGE_BYTES, STREAM_PAGE_EVENTS

State = TypeVar("State")


async def fold(
    log: Log,
    stream_id: UUID,
    types: Sequence[str],
    evolve: Callable[[State, ChangeEvent], State],
    *,
    state: State,
    after_version: int = 0,
) -> tuple[State, int]:
    """Return the state after a stream's events, and the version of the last one that was looked at.

    Args:
        log: Where the stream is.
        stream_id: The stream.
        types: The event types that matter; others are passed over.
        evolve: Gives the state after an event.
        state: The state at `after_version`.
        after_version: Up to here the stream is folded.
    """
    while page := await log.read_stream(
        stream_id, after_version=after_version, types=types, limit=STREAM_PAGE_EVENTS, bytes_max=STREAM_PAGE_BYTES
    ):
        for event in page:
            if event.redacted_by is None:
                state = evolve(state, log.registry.decode(event))
            after_version = event.version
        del page  # before the next one comes
    return state, after_version

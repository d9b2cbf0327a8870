"""Whether appends can be recorded: known from those that are made, and after one that failed, from a rehearsal."""

import asyncio
import math
from typing import Final

from modelbox_events.batch import Batch, Prepared
from modelbox_events.database import Database, is_about_data
from modelbox_events.errors import LogUnavailableError
from modelbox_events.event import ANY_VERSION, Append, NewEvent, StreamRef
from modelbox_events.ids import new_id
from modelbox_events.lane import Lane
from modelbox_events.registry import Registry

REHEARSAL_INTERVAL_S: Final = 0.5
"""How often it is tried whether appends can be recorded again, however many ask."""
LOWEST_LEVEL: Final = 1


class Health:
    """What the last append showed."""

    def __init__(self, database: Database, registry: Registry) -> None:
        """Rehearse in `database`."""
        self._lane = Lane(database)
        self._registry = registry
        self._trouble: tuple[LogUnavailableError, Append] | None = None
        self._rehearsing = asyncio.Lock()
        self._rehearsed_s = -math.inf

    @property
    def trouble(self) -> LogUnavailableError | None:
        """Why the last append, or its rehearsal since, could not be recorded; None where it could."""
        return self._trouble[0] if self._trouble else None

    def went_well(self) -> None:
        """Say that an append was recorded."""
        self._trouble = None

    def failed(self, trouble: LogUnavailableError, append: Append) -> None:
        """Say that an append could not be recorded, for no fault of its own."""
        self._trouble = trouble, append

    async def check(self) -> None:
        """Return if appends can be recorded. After one that failed, one like it is rehearsed: nobody need send another.

        Raises:
            LogUnavailableError: They cannot.
        """
        async with self._rehearsing:
            now = asyncio.get_running_loop().time()
            if self._trouble is not None and now - self._rehearsed_s > REHEARSAL_INTERVAL_S:
                self._rehearsed_s = now
                _, failed = self._trouble
                again = await self._rehearse(failed)
                self._trouble = None if again is None else (again, failed)
            if self._trouble is not None:
                raise self._trouble[0]

    async def _rehearse(self, failed: Append) -> LogUnavailableError | None:
        request = Prepared(_like(failed), self._registry)
        try:
            await self._lane.rehearse(Batch([request], self._registry, format_level=LOWEST_LEVEL))
        except LogUnavailableError as error:
            return error
        except Exception as error:
            if not is_about_data(error):  # what can be wrong with an append is nothing wrong with the log
                raise
        finally:
            self._lane.disconnect()
        return None


def _like(append: Append) -> Append:
    """Return an append of the same event that nothing speaks against: to a stream of its own."""
    stream = StreamRef(append.stream.namespace, append.stream.type, new_id())
    return Append(
        stream=stream,
        events=[NewEvent(append.events[0].data)],
        expected_version=ANY_VERSION,
        context=append.context,
    )

"""Commands that change what is known of objects, run against the log.

Must not know: the wire, the views.
"""

from typing import Final

from modelbox_events import Appended, Log
from modelbox_gateway.commands import limits, update
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.executor import Aggregate, Executor

_LABELLED: Final = Aggregate("update_claims", update.Labelled(), update.evolve, update.LABELLING_TYPES, update.claim)


class Updates:
    """The command that changes what is known of an object of any kind, deleted or not."""

    def __init__(self, log: Log) -> None:
        """Run on `log`."""
        self._executor = Executor(log, _LABELLED, cached_max=limits.LABELLED_CACHED_MAX)

    async def update(self, command: update.UpdateObject, caller: Caller) -> Appended | None:
        """Record an update; None says that there was nothing to change.

        Raises:
            InvalidFieldError: The object's kind has no such field, or it would have too many labels.
        """
        recorded = await self._executor.execute(
            command.stream, lambda state: update.decide_update(state, command), caller
        )
        return recorded.appended

"""The epochs of a log: a fork ends one and begins the next, under another id.

After a restore of an older backup, or of a copy beside the original, others still know what this log has not: a feed,
tokens, clients. A fork tells them apart. The chain goes on, from the same genesis; tokens and feeds carry the epoch.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from modelbox_events.database import AnyConnection
from modelbox_events.errors import LogForkedError, LogRewoundError
from modelbox_events.ids import Position
from modelbox_events.sql import STATEMENTS
from modelbox_events.token import Token


class Epoch(msgspec.Struct, frozen=True):
    """One epoch: the positions after `begins_after`, under the id `log_id`."""

    number: int
    log_id: UUID
    begins_after: Position
    begun_at: datetime
    reason: str


class Epochs:
    """The epochs of a log, the first at its genesis."""

    def __init__(self, epochs: Sequence[Epoch]) -> None:
        """Hold them in their order."""
        self._epochs = tuple(epochs)
        self._ends = {
            ended.log_id: following.begins_after
            for ended, following in zip(self._epochs, self._epochs[1:], strict=False)
        }

    @property
    def log_id(self) -> UUID | None:
        """The id of the epoch that takes appends; None where no epoch was read yet."""
        return self._epochs[-1].log_id if self._epochs else None

    @property
    def all(self) -> tuple[Epoch, ...]:
        """Every epoch, in their order."""
        return self._epochs

    @property
    def current(self) -> Epoch:
        """The epoch that takes appends."""
        return self._epochs[-1]

    @property
    def ancestors(self) -> tuple[Epoch, ...]:
        """The epochs that ended, in their order."""
        return self._epochs[:-1]

    def check(self, token: Token) -> None:
        """See that a token is of this log: of its epoch, or of an earlier one that had come so far.

        Raises:
            LogForkedError: It is of another log.
            LogRewoundError: It is of an earlier epoch, from beyond its end.
        """
        if token.log_id == self.current.log_id:
            return
        end = self._ends.get(token.log_id)
        if end is None:
            raise LogForkedError(self.current.log_id, token.log_id)
        if token.position > end:
            raise LogRewoundError(token.position)


async def load_epochs(connection: AnyConnection) -> Epochs:
    """Read the epochs of a log."""
    return Epochs([Epoch(*row) for row in await connection.fetch(STATEMENTS["read_epochs"])])

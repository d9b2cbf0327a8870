"""The token a write returns and a read may demand: read-your-writes across processes."""

from typing import Final, Self
from uuid import UUID

import msgspec

from modelbox_events.errors import InvalidTokenError
from modelbox_events.ids import Position

_DIGITS_MAX: Final = 19  # of the largest bigint


class Token(msgspec.Struct, frozen=True, order=True):
    """A place in one log: `log_id` says which log, `position` how far."""

    log_id: UUID
    position: Position

    def __str__(self) -> str:
        """Return the text form, `<log id>.<position>`."""
        return f"{self.log_id}.{self.position}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form.

        Raises:
            InvalidTokenError: The text is not `<log id>.<position>`. Use a token as it was returned.
        """
        log_id, _, position = text.partition(".")
        try:
            # isdecimal alone admits digits of other scripts, which no token of ours holds.
            if not (position.isascii() and position.isdecimal() and len(position) <= _DIGITS_MAX):
                raise InvalidTokenError(text)
            return cls(UUID(log_id), Position(int(position)))
        except ValueError as error:
            raise InvalidTokenError(text) from error

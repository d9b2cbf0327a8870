"""The token a write returns and a read may demand: read-your-writes across processes.

Must not know: Postgres.
"""

import re
from typing import Final, Self
from uuid import UUID

import msgspec

from modelbox_events.errors import InvalidTokenError
from modelbox_events.ids import Position

_DIGITS_MAX: Final = 19  # of the largest bigint
_HASH_BYTES: Final = 8
_HASH: Final = re.compile(r"[0-9a-f]{16}", re.ASCII)


class Token(msgspec.Struct, frozen=True, order=True):
    """A position in one log: `log_id` says which log, `position` how far.

    `hash` is the beginning of the chain's hash there, 16 hex digits: it tells a position in this log from the same
    position in what the log was before it lost its tail. It is empty where it is not known.
    """

    log_id: UUID
    position: Position
    hash: str = ""

    def __str__(self) -> str:
        """Return the text form, `<log id>.<position>.<hash>`, or without the hash where there is none."""
        text = f"{self.log_id}.{self.position}"
        return f"{text}.{self.hash}" if self.hash else text

    def at(self, chain_hash: bytes) -> Self:
        """Return the token with the chain's hash at its position."""
        return msgspec.structs.replace(self, hash=chain_hash[:_HASH_BYTES].hex())

    def without_hash(self) -> Self:
        """Return the token as clients know it that were written before tokens had a hash."""
        return msgspec.structs.replace(self, hash="")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form.

        Raises:
            InvalidTokenError: The text is neither form of a token. Use a token as it was returned.
        """
        log_id, *rest = text.split(".", 2)
        position, chain_hash = (*rest, "", "")[:2]
        try:
            # isdecimal alone admits digits of other scripts, which no token of ours holds.
            if not (position.isascii() and position.isdecimal() and len(position) <= _DIGITS_MAX):
                raise InvalidTokenError(text)
            if len(rest) > 1 and not _HASH.fullmatch(chain_hash):
                raise InvalidTokenError(text)
            return cls(UUID(log_id), Position(int(position)), chain_hash)
        except ValueError as error:
            raise InvalidTokenError(text) from error

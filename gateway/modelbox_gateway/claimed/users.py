"""The users that clients claim to be: a name each, and the opaque id that stands for it in the log.

An event names the id in its `meta`; the name stands here alone, so that it can be erased while the log stays as it is.
The event's actor stays "anonymous": what makes a call safe to send again is the same whoever sends it.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec

from modelbox_events import Database, RecordedEvent, new_id
from modelbox_events.statements import load

USER_CHARS_MAX: Final = 255
"""Characters of a claimed name; a longer one is nobody's."""

USERS_MAX: Final = 10_000
"""Users that are told apart; whoever comes later is anonymous."""

_STATEMENTS: Final = load("modelbox_gateway.claimed")
_MARK: Final = "claimed:"
_ERASED: Final = "[erased]"


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event's `meta` says of who claims to have asked for it."""

    claimed_user: UUID | None = None


_encode: Final = msgspec.json.Encoder().encode
_decoder: Final = msgspec.json.Decoder(Claim)


class ClaimedUsers:
    """The directory of claimed users. What was read once is remembered: of a name the id, of an id the name."""

    def __init__(self, database: Database) -> None:
        """Read from and write to `database`."""
        self._database = database
        self._meta: dict[str, bytes] = {}
        self._names: dict[UUID, str] = {}

    async def meta_of(self, name: str) -> bytes:
        """Return the `meta` of events of this user, who is taken in if he is new; empty for a name that is none.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        known = self._meta.get(name)
        if known is not None:
            return known
        if not 0 < len(name) <= USER_CHARS_MAX or not name.isprintable():
            return b""
        async with self._database.acquire() as connection:
            user = await connection.fetchval(_STATEMENTS["find"], name)
            if user is None:
                await connection.execute(_STATEMENTS["add"], new_id(), name, USERS_MAX)
                user = await connection.fetchval(_STATEMENTS["find"], name)
        if user is None:  # there are too many
            return b""
        if len(self._meta) >= USERS_MAX:
            self._meta.clear()
        self._meta[name] = _encode(Claim(user))
        return self._meta[name]

    async def actors_of(self, events: Iterable[RecordedEvent]) -> dict[int, str]:
        """Return who made each change, by position: the actor or, if nobody proved to be one, "claimed:" and the name.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        claims = {event.position: (event.actor, claim_of(event)) for event in events}
        unknown = {user for _, user in claims.values() if user is not None} - self._names.keys()
        if unknown:
            async with self._database.acquire() as connection:
                rows = await connection.fetch(_STATEMENTS["names"], list(unknown))
            if len(self._names) >= USERS_MAX:
                self._names.clear()
            names = {row["id"]: row["name"] for row in rows}
            self._names.update(names)
        else:
            names = {}
        return {
            position: actor if user is None else f"{_MARK}{names.get(user) or self._names.get(user, _ERASED)}"
            for position, (actor, user) in claims.items()
        }


def claim_of(event: RecordedEvent) -> UUID | None:
    """Return the id of the user who claims to have asked for an event; None if none does."""
    if not event.meta:
        return None
    try:
        return _decoder.decode(event.meta).claimed_user
    except msgspec.DecodeError:
        return None  # headers of another kind: they claim nothing

"""Who asks, as the request metadata of a call claims it: read before the call is handled, told in what it records."""

from contextvars import ContextVar
from typing import Final

from modelbox_events import Context
from modelbox_gateway.claimed import ClaimedUsers

CLAIMED_USER: Final = "modelbox-claimed-user-bin"
"""By this header a client says who uses it: a name in UTF-8."""

_NOBODY: Final = Context()
# Each call is a task of its own, so what one says of itself reaches no other.
_asking: Final[ContextVar[Context]] = ContextVar("asking", default=_NOBODY)


async def identify(users: ClaimedUsers, name: bytes) -> None:
    """Take note of who asks, by the header `CLAIMED_USER`, for the events of this call.

    Raises:
        LogUnavailableError: A user who is new could not be taken in.
    """
    meta = await users.meta_of(name.decode(errors="replace"))
    _asking.set(Context(meta=meta) if meta else _NOBODY)


def asking() -> Context:
    """Return who asks in the call that is being handled."""
    return _asking.get()

"""Who sends a request, and what makes sending it again safe."""

import msgspec

from modelbox_events.event import Context


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a request that is not its body.

    `request_hash` is the SHA-256 of what was asked; with the same `key` and hash the first result counts.
    """

    context: Context = Context()
    key: str | None = None
    request_hash: bytes | None = None

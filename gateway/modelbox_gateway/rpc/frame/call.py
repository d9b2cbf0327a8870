"""One call: what its request metadata says, and what its trailing metadata will say."""

import time
from hashlib import sha256
from secrets import token_hex
from typing import Final

import grpc
import grpc.aio
from google.protobuf.message import Message

from modelbox_events import ChainHashes, LogUnavailableError, Token
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.rpc.frame.identity import CLAIMED_USER, asking
from modelbox_gateway.rpc.frame.limits import ANSWER_SHARE, READ_WAIT_S_MAX
from modelbox_gateway.rules import fields

IDEMPOTENCY_KEY: Final = "modelbox-idempotency-key"
MIN_TOKEN: Final = "modelbox-min-token"  # noqa: S105  # a position in the log, not a secret
TOKEN: Final = "modelbox-token"  # noqa: S105  # as above
TOKEN_HASH: Final = "modelbox-token-hash"  # noqa: S105  # as above
METADATA_AS_JSON: Final = "modelbox-metadata-as-json"
"""By this header, with value 1, a client says that it takes tokens with a hash; older ones would not know them."""
LOG: Final = "modelbox-log"
"""By this header a client says which log a call is meant for; see `admission.py`."""
REQUEST_ID: Final = "modelbox-request-id"

AnyContext = grpc.aio.ServicerContext[bytes, bytes]


class Call:
    """One call of one method. `token`, and `chain_hashes` of the log that it is of, are set by what handles it.

    Attributes:
        claimed_user: Who says that it is him who asks, if anybody does.
        log: Which log the call is meant for, if it says so.
        peer: The connection that it came by.
    """

    __slots__ = (
        "_context",
        "_key",
        "_min_token",
        "_started_s",
        "chain_hashes",
        "claimed_user",
        "log",
        "method",
        "peer",
        "request_id",
        "takes_hash",
        "takes_json",
        "token",
    )

    def __init__(self, method: str, context: AnyContext) -> None:
        """Read the request metadata; what is wrong in it is said when it is used."""
        self.method = method
        self._started_s = time.perf_counter()
        self.token: Token | None = None
        self.chain_hashes: ChainHashes | None = None
        self.takes_hash = False
        self.takes_json = False
        self.request_id = ""
        self.log: str | None = None
        self.claimed_user: bytes | None = None
        self.peer = context.peer()
        self._context = context
        self._key = ""
        self._min_token = ""
        for name, value in context.invocation_metadata() or ():
            if name == IDEMPOTENCY_KEY:
                self._key = str(value)
            elif name == MIN_TOKEN:
                self._min_token = str(value)
            elif name == TOKEN_HASH:
                self.takes_hash = value == "1"
            elif name == METADATA_AS_JSON:
                self.takes_json = value == "1"
            elif name == REQUEST_ID:
                self.request_id = _request_id(str(value))
            elif name == LOG:
                self.log = str(value)
            elif name == CLAIMED_USER and isinstance(value, bytes):
                self.claimed_user = value
        if not self.request_id:
            self.request_id = token_hex(_REQUEST_ID_BYTES)

    @property
    def min_token(self) -> Token | None:
        """The position in the log that the views must have reached before they are read.

        Raises:
            InvalidTokenError: It is not a token.
        """
        return Token.parse(self._min_token) if self._min_token else None

    @property
    def wait_s(self) -> float:
        """How long this call may wait for the views: until its deadline, and never longer than `READ_WAIT_S_MAX`."""
        remaining: float | None = self._context.time_remaining()  # None without a deadline, whatever the stubs say
        # Some of the time is left for reading and for the answer's way back.
        return READ_WAIT_S_MAX if remaining is None else max(0.0, min(READ_WAIT_S_MAX, remaining * ANSWER_SHARE))

    @property
    def answer_s(self) -> float | None:
        """How long this call may be worked on so that its client still hears an answer; None without a deadline."""
        remaining: float | None = self._context.time_remaining()
        return None if remaining is None else max(0.0, remaining * ANSWER_SHARE)

    @property
    def has_key(self) -> bool:
        """Whether it may be sent again with its idempotency key."""
        return bool(self._key)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the call arrived."""
        return time.perf_counter() - self._started_s

    async def begin(self) -> None:
        """Tell the client that its stream has begun, though nothing may come for a while."""
        await self._context.send_initial_metadata(((REQUEST_ID, self.request_id),))

    def caller(self, *parts: Message | bytes) -> Caller:
        """Return who asks for what.

        Args:
            parts: The request. With its method they make the hash that an idempotency key is held to.

        Raises:
            InvalidFieldError: The idempotency key is not 1 to 255 printable characters.
        """
        if not self._key:
            return Caller(context=asking())
        fields.name(IDEMPOTENCY_KEY, self._key)
        digest = sha256(self.method.encode())
        for part in parts:
            data = part if isinstance(part, bytes) else part.SerializeToString(deterministic=True)
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
        return Caller(context=asking(), key=self._key, request_hash=digest.digest())

    async def complete(self) -> None:
        """Give the token its hash, for a client that takes one."""
        if self.takes_hash and self.token is not None and self.chain_hashes is not None:
            try:
                self.token = await self.chain_hashes.hashed(self.token)
            except LogUnavailableError:
                return  # what was asked for is done; a token without a hash serves it too

    def trailing_metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what every answer ends with."""
        if self.token is None:
            return ((REQUEST_ID, self.request_id),)
        token = self.token if self.takes_hash else self.token.without_hash()
        return ((TOKEN, str(token)), (REQUEST_ID, self.request_id))


_REQUEST_ID_CHARS_MAX: Final = 64
_REQUEST_ID_BYTES: Final = 16
"""Of one of ours, which no client gave."""


def _request_id(value: str) -> str:
    # It goes into every log line and back to the caller: what could break either is replaced by one of ours.
    return value if len(value) <= _REQUEST_ID_CHARS_MAX and value.isascii() and value.isprintable() else ""

"""What JetStream can answer to a publish, and what each answer means for the relay.

Every message carries, alone or through the first of its atomic batch, the sequence it must follow. So it is stored
in its own place or not at all, and an answer only decides how to find out where the feed is. The one that means
damage is a message stored in a place that is not its own: `MISPLACED`.

Must not know: NATS.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

import msgspec

NO_RESPONDERS: Final = "503"
"""Header `Status` of an answer that no stream gave: it is missing, or has no leader now."""


class Verdict(Enum):
    """What to do next."""

    STORED = auto()
    """Go on after the message."""
    REREAD = auto()
    """The feed ends elsewhere: read its last sequence, compare hashes there, go on from it."""
    RECONNECT = auto()
    """Whether it was stored is unknown: connect anew, then as `REREAD`."""
    HALVE = auto()
    """Try again with half as many messages in a batch."""
    PIPELINE = auto()
    """Publish this page message by message, each with its own expectation; the next page may be a batch again."""
    NO_BATCHES = auto()
    """Publish message by message for as long as this connection lives."""
    MISPLACED = auto()
    """A message is stored where another belongs: the stream has lost count, stop."""


class Ack(msgspec.Struct, frozen=True):
    """The message, or the last of its batch, is stored at `sequence`; `duplicate` when it was before."""

    sequence: int
    duplicate: bool = False

    def __str__(self) -> str:
        return f"{'stored before' if self.duplicate else 'stored'} at {self.sequence}"


class Refusal(msgspec.Struct, frozen=True):
    """The stream refused with an error of JetStream's table (`err_code`)."""

    code: int
    description: str

    def __str__(self) -> str:
        return f"JetStream refused: {self.description} ({self.code})"


class NoAnswer(msgspec.Struct, frozen=True):
    """Nothing was heard of the message's fate."""

    problem: str

    def __str__(self) -> str:
        return self.problem


Answer = Ack | Refusal | NoAnswer

REFUSALS: Final[Mapping[int, Verdict]] = {
    10071: Verdict.REREAD,  # wrong last sequence: stored before, another relay's, or the stream lost its tail
    10164: Verdict.RECONNECT,  # wrong last sequence, from a replicated stream that does not say which
    10201: Verdict.REREAD,  # the batch holds a message that the stream has
    10199: Verdict.HALVE,  # batch too large
    10174: Verdict.NO_BATCHES,  # batches are not enabled on the stream
    10176: Verdict.PIPELINE,  # batch incomplete: the server dropped its start (10 s without traffic, a new leader)
}
"""Verdict by error code; any other code is one of the server's own troubles: `RECONNECT`, after a pause."""


class _Error(msgspec.Struct):
    err_code: int = 0
    description: str = ""


class _PublishAck(msgspec.Struct):
    seq: int = 0
    duplicate: bool = False
    error: _Error | None = None


_decoder: Final = msgspec.json.Decoder(_PublishAck)


def read_answer(data: bytes, *, status: str | None) -> Answer:
    """Read a reply to a publish: its body, and its header `Status` if it has one."""
    if status is not None:
        return NoAnswer("no stream takes the feed's subjects" if status == NO_RESPONDERS else f"status {status}")
    try:
        reply = _decoder.decode(data)
    except msgspec.DecodeError as error:
        return NoAnswer(f"reply is no publish acknowledgement: {error}")
    if reply.error is not None:
        return Refusal(reply.error.err_code, reply.error.description)
    return Ack(reply.seq, reply.duplicate)


def judge(answer: Answer, *, expected: int) -> Verdict:
    """Return what the answer means for a message, or the last of a batch, that belongs at sequence `expected`."""
    match answer:
        case Ack(sequence=sequence):
            return Verdict.STORED if sequence == expected else Verdict.MISPLACED
        case Refusal(code=code):
            return REFUSALS.get(code, Verdict.RECONNECT)
        case NoAnswer():
            return Verdict.RECONNECT

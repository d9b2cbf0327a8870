"""Publishes a page of events: as one atomic batch where that is faster, else message by message, pipelined."""

import asyncio
from collections.abc import Sequence
from secrets import token_hex
from typing import Final, NamedTuple

import structlog

from modelbox_events.event import RecordedEvent
from modelbox_events.feed.answers import Answer, Verdict, judge
from modelbox_events.feed.cloudevents import Message, MessageEncoder
from modelbox_events.feed.connection import FeedConnection
from modelbox_events.ids import Position
from modelbox_events.limits import BATCH_BYTES_MAX

BATCH_MESSAGES_MAX: Final = 1_000
"""JetStream takes no more in one atomic batch."""

BATCH_MESSAGES_MIN: Final = 200
"""From here on a batch beats a pipeline on a stream with one replica."""

BATCH_MESSAGES_MIN_REPLICATED: Final = 64
"""As above, with three replicas: a batch is one proposal to them instead of one a message."""

BATCHES_IN_FLIGHT_MAX: Final = 2
"""Batches sent before the first of them is answered."""

WINDOW_MESSAGES_MAX: Final = 256
"""Messages in flight at once when each is published on its own."""

CONTROL_BYTES_MAX: Final = 256
"""Room that the headers added here take in a message."""

_log = structlog.get_logger()


class Round(NamedTuple):
    """How many events a round is known to have stored, what to do next, and the answer that decided it."""

    stored: int
    verdict: Verdict
    answer: Answer


class _Sent(NamedTuple):
    """What one answer will speak of: a message, or a batch of `size` that ends at position `last`."""

    last: Position
    size: int
    answer: asyncio.Future[Answer]


class Publisher:
    """Publishes to one stream over one connection."""

    def __init__(
        self, connection: FeedConnection, encoder: MessageEncoder, *, stream: str, replicas: int, batches: bool
    ) -> None:
        """`batches` says whether the stream takes atomic batches."""
        self._connection = connection
        self._encoder = encoder
        self._expected_stream = f"Nats-Expected-Stream: {stream}\r\n"
        self._batches = batches
        self._batch_min = BATCH_MESSAGES_MIN if replicas == 1 else BATCH_MESSAGES_MIN_REPLICATED
        self._batch_max = BATCH_MESSAGES_MAX
        self._pipeline_next = False

    @property
    def is_cut_off(self) -> bool:
        """Whether the connection is lost."""
        return self._connection.is_lost

    async def publish(self, events: Sequence[RecordedEvent]) -> Round:
        """Publish the first of these consecutive events, as many as go in one round.

        A verdict on batches is heeded by the next call: the caller just goes on.
        """
        batched = self._batches and not self._pipeline_next and len(events) >= self._batch_min
        sent = await (self._send_batches(events) if batched else self._send_each(events))
        result = _judge(sent, await self._connection.hear([units.answer for units in sent]))
        self._pipeline_next = result.verdict is Verdict.PIPELINE
        match result.verdict:
            case Verdict.HALVE:
                self._batch_max = min(self._batch_max, len(events)) // 2
                self._batches = self._batch_max >= self._batch_min  # smaller ones do not pay
                _log.info("feed_batch_halved", messages_max=self._batch_max, answer=str(result.answer))
            case Verdict.NO_BATCHES:
                self._batches = False
                _log.info("feed_takes_no_batches", answer=str(result.answer))
            case _:
                pass
        return result

    async def _send_batches(self, events: Sequence[RecordedEvent]) -> list[_Sent]:
        """Send atomic batches, the next before the last is answered: the server takes one in while it stores one."""
        sent: list[_Sent] = []
        first = 0
        while first < len(events) and len(sent) < BATCHES_IN_FLIGHT_MAX:
            batch = _bounded(events[first : first + self._batch_max])
            sent.append(await self._send_batch(batch))
            first += len(batch)
        return sent

    async def _send_batch(self, events: Sequence[RecordedEvent]) -> _Sent:
        batch = f"{self._expected_stream}Nats-Batch-Id: {token_hex(8)}\r\nNats-Batch-Sequence: "
        reply, answer = self._connection.expect_answer()
        parts: list[bytes] = []
        for number, event in enumerate(events, start=1):
            control = f"{batch}{number}\r\n"
            if number == 1:  # the server allows the expectation here only, and checks it for all at the commit
                control += _expectation(event)
            last = number == len(events)
            if last:
                control += "Nats-Batch-Commit: 1\r\n"
            parts += _frame(self._encoder.encode(event), control, reply_to=f"{reply} " if last else "")
        await self._connection.send(b"".join(parts))
        return _Sent(events[-1].position, len(events), answer)

    async def _send_each(self, events: Sequence[RecordedEvent]) -> list[_Sent]:
        """Send one message after the other, each with its own expectation."""
        sent: list[_Sent] = []
        parts: list[bytes] = []
        for event in _bounded(events[:WINDOW_MESSAGES_MAX]):
            reply, answer = self._connection.expect_answer()
            sent.append(_Sent(event.position, 1, answer))
            control = f"{self._expected_stream}{_expectation(event)}"
            parts += _frame(self._encoder.encode(event), control, reply_to=f"{reply} ")
        await self._connection.send(b"".join(parts))
        return sent


def _judge(sent: Sequence[_Sent], heard: Sequence[Answer]) -> Round:
    """Count what is stored up to the first that is not, and take its answer; one misplaced anywhere comes first."""
    verdicts = [judge(answer, expected=units.last) for units, answer in zip(sent, heard, strict=True)]
    if Verdict.MISPLACED in verdicts:
        return Round(0, Verdict.MISPLACED, heard[verdicts.index(Verdict.MISPLACED)])
    stored = 0
    for units, verdict, answer in zip(sent, verdicts, heard, strict=True):
        if verdict is not Verdict.STORED:
            return Round(stored, verdict, answer)
        stored += units.size
    return Round(stored, Verdict.STORED, heard[-1])


def _bounded(events: Sequence[RecordedEvent]) -> Sequence[RecordedEvent]:
    """Return the events, or the first of them where their data would cross `BATCH_BYTES_MAX`, but always one."""
    size = 0
    for number, event in enumerate(events):
        size += event.json_size
        if size > BATCH_BYTES_MAX:
            return events[: max(number, 1)]
    return events


def _expectation(event: RecordedEvent) -> str:
    return f"Nats-Expected-Last-Sequence: {event.position - 1}\r\n"


def _frame(message: Message, control: str, *, reply_to: str) -> tuple[bytes, bytes, bytes]:
    """Return a message as a frame of the NATS protocol (HPUB); `reply_to` ends with a blank unless it is empty."""
    headers = f"NATS/1.0\r\n{control}{message.headers}\r\n"
    total = len(headers) + len(message.data)
    head = f"HPUB {message.subject} {reply_to}{len(headers)} {total}\r\n{headers}"
    return head.encode("ascii"), message.data, b"\r\n"

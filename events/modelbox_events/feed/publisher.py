"""Publishes a page of events: as one atomic batch where that is faster, else message by message, pipelined.

Must not know: where events come from, or what follows when the feed ends elsewhere.
"""

import asyncio
from collections.abc import Sequence
from secrets import token_hex
from typing import Final

import structlog

from modelbox_events.event import RecordedEvent
from modelbox_events.feed.answers import Answer, Verdict, judge
from modelbox_events.feed.cloudevents import Message, MessageEncoder
from modelbox_events.feed.connection import FeedConnection
from modelbox_events.limits import BATCH_BYTES_MAX

BATCH_MESSAGES_MAX: Final = 1_000
"""JetStream takes no more in one atomic batch."""

BATCH_MESSAGES_MIN: Final = 200
"""From here on a batch beats a pipeline on a stream with one replica."""

BATCH_MESSAGES_MIN_REPLICATED: Final = 64
"""As above, with three replicas: a batch is one proposal to them instead of one a message."""

WINDOW_MESSAGES_MAX: Final = 256
"""Messages in flight at once when each is published on its own."""

CONTROL_BYTES_MAX: Final = 256
"""Room that the headers added here take in a message."""

_log = structlog.get_logger()


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

    async def publish(self, events: Sequence[RecordedEvent]) -> tuple[int, Verdict, Answer]:
        """Publish the first of these consecutive events, as many as go in one round.

        Returns:
            How many are known to be stored, what to do next, and the answer that decided it. A verdict on batches
            is heeded by the next call: the caller just goes on.
        """
        batch = self._batches and not self._pipeline_next and len(events) >= self._batch_min
        if batch:
            stored, verdict, answer = await self._publish_batch(_round(events, self._batch_max))
        else:
            stored, verdict, answer = await self._publish_pipelined(_round(events, WINDOW_MESSAGES_MAX))
        self._pipeline_next = verdict is Verdict.PIPELINE
        match verdict:
            case Verdict.HALVE:
                self._batch_max = min(self._batch_max, len(events)) // 2
                self._batches = self._batch_max >= self._batch_min  # smaller ones do not pay
                _log.info("feed_batch_halved", messages_max=self._batch_max, answer=str(answer))
            case Verdict.NO_BATCHES:
                self._batches = False
                _log.info("feed_takes_no_batches", answer=str(answer))
            case _:
                pass
        return stored, verdict, answer

    async def _publish_batch(self, events: Sequence[RecordedEvent]) -> tuple[int, Verdict, Answer]:
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
        [heard] = await self._connection.hear([answer])
        verdict = judge(heard, expected=events[-1].position)
        return (len(events) if verdict is Verdict.STORED else 0), verdict, heard

    async def _publish_pipelined(self, events: Sequence[RecordedEvent]) -> tuple[int, Verdict, Answer]:
        answers: list[asyncio.Future[Answer]] = []
        parts: list[bytes] = []
        for event in events:
            reply, answer = self._connection.expect_answer()
            answers.append(answer)
            control = f"{self._expected_stream}{_expectation(event)}"
            parts += _frame(self._encoder.encode(event), control, reply_to=f"{reply} ")
        await self._connection.send(b"".join(parts))
        heard = await self._connection.hear(answers)
        verdicts = [judge(answer, expected=event.position) for answer, event in zip(heard, events, strict=True)]
        if Verdict.FORKED in verdicts:
            return 0, Verdict.FORKED, heard[verdicts.index(Verdict.FORKED)]
        stored = next((count for count, verdict in enumerate(verdicts) if verdict is not Verdict.STORED), len(events))
        decisive = min(stored, len(events) - 1)
        return stored, verdicts[decisive], heard[decisive]


def _round(events: Sequence[RecordedEvent], count: int) -> Sequence[RecordedEvent]:
    """Return the first `count` events, fewer where their data would cross `BATCH_BYTES_MAX`, but always one."""
    size = 0
    for number, event in enumerate(events[:count]):
        size += len(event.data or b"")
        if size > BATCH_BYTES_MAX:
            return events[: max(number, 1)]
    return events[:count]


def _expectation(event: RecordedEvent) -> str:
    return f"Nats-Expected-Last-Sequence: {event.position - 1}\r\n"


def _frame(message: Message, control: str, *, reply_to: str) -> tuple[bytes, bytes, bytes]:
    """Return a message as a frame of the NATS protocol (HPUB); `reply_to` ends with a blank unless it is empty."""
    headers = f"NATS/1.0\r\n{control}{message.headers}\r\n"
    total = len(headers) + len(message.data)
    head = f"HPUB {message.subject} {reply_to}{len(headers)} {total}\r\n{headers}"
    return head.encode("ascii"), message.data, b"\r\n"

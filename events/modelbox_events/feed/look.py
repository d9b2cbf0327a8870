"""A look at the feed from outside, whether or not a relay works: how far it is, and what is wrong with it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import StreamInfo
from nats.js.errors import NotFoundError

from modelbox_events.errors import FeedForkedError, FeedTakenError
from modelbox_events.feed.agreement import agrees_readably, last_agreed
from modelbox_events.feed.claim import holder_of, makes_room
from modelbox_events.feed.connection import FeedConnection
from modelbox_events.feed.inspection import Inspection
from modelbox_events.feed.stream import FeedStream, refuse_if_retired, state_of
from modelbox_events.feed.subjects import is_feed_name, stream_name
from modelbox_events.feed.trouble import Trouble, trouble_of
from modelbox_events.ids import Position
from modelbox_events.log import Log

_STATES: Final = {Trouble.FORKED: "halted", Trouble.DAMAGED: "damaged"}


class FeedReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a look found.

    Attributes:
        state: "complete", "behind", "missing", "damaged", "halted" (an operator must decide) or "unavailable".
        trouble: What is wrong, in a word, or None.
        problem: What is wrong, in a sentence, or None.
        log_position: Where the log ends.
        position: The last position that feed and log have in common; None when NATS did not answer.
        first: The feed's first sequence.
        last: The feed's last sequence.
        messages: How many it holds.
        lag_events: Events that the feed lacks; None when NATS did not answer.
        lag_s: How long ago the first of them was committed, in seconds.
        consumers: How many followers' consumers it has.
    """

    stream: str
    state: str
    trouble: Trouble | None = None
    problem: str | None = None
    log_position: int
    position: int | None = None
    first: int | None = None
    last: int | None = None
    messages: int | None = None
    lag_events: int | None = None
    lag_s: float | None = None
    consumers: int | None = None


async def look(log: Log, servers: Sequence[str], *, credentials: Path | None = None, alone: bool = False) -> FeedReport:
    """Look at the feed of a log as its relay does; NATS that does not answer is one of the findings.

    Args:
        log: The log.
        servers: Where NATS answers.
        credentials: A NATS credentials file.
        alone: As the relay has it: whether no other log's feed can be in this NATS.

    Raises:
        LogUnavailableError: Postgres did not answer.
    """
    found: FeedReport | None = None
    for server in servers:
        found = await _look_over(log, server, credentials, alone=alone)
        if found.state != "unavailable":
            break
    if found is None:
        raise ValueError("no server is named")
    return found


async def _look_over(log: Log, server: str, credentials: Path | None, *, alone: bool) -> FeedReport:
    complaint: str | None = None
    try:
        connection = await FeedConnection.open(server, credentials=credentials)
        try:
            return await _look(log, connection.jetstream, alone=alone)
        finally:
            complaint = connection.complaint
            await connection.close()
    except (NatsError, OSError, TimeoutError) as error:
        trouble = trouble_of(error, complaint=complaint)
        problem = complaint if trouble is Trouble.REFUSED and complaint else str(error) or type(error).__name__
        head = (await log.read_head()).position
        return FeedReport(
            stream=stream_name(log.log_id), state="unavailable", trouble=trouble, problem=problem, log_position=head
        )


async def _look(log: Log, jetstream: JetStreamContext, *, alone: bool) -> FeedReport:
    feed = FeedStream(jetstream, stream_name(log.log_id), replicas=1)
    try:
        info = await jetstream.stream_info(feed.name)
    except NotFoundError:
        return await _look_for_holder(log, jetstream, feed, alone=alone)
    state = state_of(info)
    head = (await log.read_head()).position
    agreed, trouble, problem = await _judge(log, feed, info, head)
    lag_events = head - agreed
    return FeedReport(
        stream=feed.name,
        state=_STATES[trouble] if trouble else "behind" if lag_events else "complete",
        trouble=trouble,
        problem=problem,
        log_position=head,
        position=agreed,
        first=state.first,
        last=state.last,
        messages=state.messages,
        lag_events=lag_events,
        lag_s=await _age_s(log, agreed) if lag_events else 0.0,
        consumers=info.state.consumer_count,
    )


async def _look_for_holder(log: Log, jetstream: JetStreamContext, feed: FeedStream, *, alone: bool) -> FeedReport:
    """Report a feed that does not exist: a relay makes it, unless another stream is in the way."""
    holder = await holder_of(jetstream)
    taken = holder is not None and not await makes_room(log, jetstream, holder, alone=alone)
    problem = "the stream does not exist; a relay makes it"
    if holder and taken:
        problem = str(FeedTakenError(feed.name, holder, is_feed=is_feed_name(holder)))
    head = (await log.read_head()).position
    return FeedReport(
        stream=feed.name,
        state="halted" if taken else "missing",
        trouble=Trouble.TAKEN if taken else None,
        problem=problem,
        log_position=head,
        position=0,
        lag_events=head,
        lag_s=await _age_s(log, Position(0)),
    )


async def _judge(
    log: Log, feed: FeedStream, info: StreamInfo, head: Position
) -> tuple[Position, Trouble | None, str | None]:
    """Return how far feed and log agree, and what is wrong."""
    state = state_of(info)
    try:
        refuse_if_retired(info)
    except FeedForkedError as error:
        return await last_agreed(log, feed, state, head), Trouble.FORKED, str(error)
    if state.last > head or (state.messages and not await agrees_readably(log, feed, Position(state.last))):
        agreed = await last_agreed(log, feed, state, head)
        fork = FeedForkedError(state.last, f"feed and log agree up to {agreed}; the log ends at {head}")
        return agreed, Trouble.FORKED, str(fork)
    damage = await Inspection(log, feed).damage(state)
    if damage:
        return Position(state.last), Trouble.DAMAGED, damage
    return Position(state.last), None, None


async def _age_s(log: Log, position: Position) -> float:
    """Return how long ago the event after a position was committed."""
    lacking = await log.read(position, limit=1)
    return round((datetime.now(UTC) - lacking[0].recorded_at).total_seconds(), 3) if lacking else 0.0

"""Making a feed anew: an empty stream of the same name, which any relay fills from the log.

The log is the source of truth, so nothing is lost but time. The stream keeps its name, so that followers find it
again; their durable consumers are made again where they were. It mends a feed that is damaged or that holds what the
log does not, and brings into the feed what changed in the log's past.
"""

import contextlib

import structlog
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from modelbox_events.feed.agreement import agrees_readably, last_agreed
from modelbox_events.feed.claim import claim
from modelbox_events.feed.consumers import keep_consumers, restore_consumers
from modelbox_events.feed.stream import FeedStream
from modelbox_events.ids import Position
from modelbox_events.log import Log

_log = structlog.get_logger()


async def rebuild(
    log: Log, jetstream: JetStreamContext, feed: FeedStream, *, alone: bool = False, take_over: str | None = None
) -> int:
    """Begin the feed of a log anew; return how many durable consumers go on in it.

    Relays need not be stopped: one at work finds the feed's end moved and goes on from there. Killed half-way, the next
    call or the next relay finishes it. `alone` and `take_over` say which streams in the way make room, as in `claim`.

    Raises:
        FeedForkedError: The feed was retired by a fork: it is not this log's to delete any more.
        FeedTakenError: Another stream takes the subjects.
        LogUnavailableError: Postgres did not answer.
        nats.errors.Error: The server did not answer.
    """
    limits = await feed.limits()
    shared = await _shared(log, feed)
    kept = await keep_consumers(jetstream, feed.name, position_max=shared, replicas=feed.replicas)
    with contextlib.suppress(NotFoundError):  # deleted by hand, or by a rebuild that was killed
        await jetstream.delete_stream(feed.name)
    await claim(log, jetstream, feed, alone=alone, take_over=take_over, limits=limits)
    await restore_consumers(jetstream, feed.name)
    _log.warning("feed_rebuilt", stream=feed.name, consumers=kept)
    return kept


async def _shared(log: Log, feed: FeedStream) -> Position:
    """Return how far the log's readers may have come in this feed.

    Whoever acknowledged a message that is not the log's has not seen the event that takes its place.
    """
    head = (await log.read_head()).position
    try:
        state = await feed.state()
    except NotFoundError:
        return head
    last = Position(state.last)
    if last <= head and (not state.messages or await agrees_readably(log, feed, last)):
        return head
    return await last_agreed(log, feed, state, head)

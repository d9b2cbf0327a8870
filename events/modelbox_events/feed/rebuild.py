"""Making a feed anew: an empty stream of the same name, which any relay fills from the log.

The log is the source of truth, so nothing is lost but time. The stream keeps its name, so that followers find it
again; their durable consumers are made again where they were. It mends a feed that is damaged or that holds what the
log does not, and brings into the feed what changed in the log's past.

Must not know: who asks for it, or how the feed is filled.
"""

import contextlib

import structlog
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from modelbox_events.feed.consumers import keep_consumers, restore_consumers
from modelbox_events.feed.stream import FeedStream

_log = structlog.get_logger()


async def rebuild(jetstream: JetStreamContext, feed: FeedStream) -> int:
    """Begin the feed anew; return how many durable consumers go on in it.

    Relays need not be stopped: one at work finds the feed's end moved and goes on from there. Killed half-way, the next
    call or the next relay finishes it.

    Raises:
        FeedTakenError: Another stream takes the subjects.
        nats.errors.Error: The server did not answer.
    """
    limits = await feed.limits()
    kept = await keep_consumers(jetstream, feed.name, replicas=feed.replicas)
    with contextlib.suppress(NotFoundError):  # deleted by hand, or by a rebuild that was killed
        await jetstream.delete_stream(feed.name)
    await feed.ensure(limits)
    await restore_consumers(jetstream, feed.name)
    _log.warning("feed_rebuilt", stream=feed.name, consumers=kept)
    return kept

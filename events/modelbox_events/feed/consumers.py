"""The durable consumers of a feed, kept while the feed is made anew: each goes on after what it had acknowledged.

They wait in a stream of their own, one message a consumer, so that nothing is lost when whoever makes the feed anew is
killed half-way.
"""

from typing import Final

import msgspec
import structlog
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, ConsumerInfo, DeliverPolicy, StreamConfig
from nats.js.errors import NotFoundError

from modelbox_events.feed.subjects import token

CONSUMERS_MAX: Final = 10_000
"""Durable consumers of one feed that are kept."""

_log = structlog.get_logger()


class _Kept(msgspec.Struct):
    """A consumer's configuration as JetStream's API has it, and the last sequence up to which it acknowledged all."""

    position: int
    config: dict[str, object]


def kept_name(feed: str) -> str:
    """Return the name of the stream where a feed's consumers wait."""
    return f"{feed}_CONSUMERS"


async def keep_consumers(jetstream: JetStreamContext, feed: str, *, position_max: int, replicas: int) -> int:
    """Write down every durable consumer of a feed, none beyond `position_max`; return how many there are.

    Raises:
        nats.errors.Error: The server did not answer.
    """
    consumers = [consumer for consumer in await _consumers(jetstream, feed) if consumer.config.durable_name]
    if not consumers:
        return 0
    subject = f"modelbox-kept.{feed}"
    # One that was interrupted left some here already; the newest word about each consumer counts.
    await jetstream.add_stream(
        StreamConfig(name=kept_name(feed), subjects=[f"{subject}.*"], max_msgs_per_subject=1, num_replicas=replicas)
    )
    for consumer in consumers:
        position = min(consumer.ack_floor.stream_seq if consumer.ack_floor else 0, position_max)
        kept = _Kept(position, consumer.config.as_dict())
        await jetstream.publish(f"{subject}.{token(consumer.name)}", msgspec.json.encode(kept))
    return len(consumers)


async def restore_consumers(jetstream: JetStreamContext, feed: str) -> int:
    """Make the consumers that wait again, each at its position; return how many. One that exists stays as it is.

    Raises:
        nats.errors.Error: The server did not answer.
    """
    try:
        state = (await jetstream.stream_info(kept_name(feed))).state
    except NotFoundError:
        return 0
    restored = 0
    for sequence in range(max(1, state.first_seq), state.last_seq + 1):
        try:
            message = await jetstream.get_msg(kept_name(feed), sequence)
        except NotFoundError:  # a newer one of the same consumer replaced it
            continue
        kept = msgspec.json.decode(message.data or b"", type=_Kept)
        restored += await _restore(jetstream, feed, kept)
    await jetstream.delete_stream(kept_name(feed))
    if restored:
        _log.info("feed_consumers_restored", stream=feed, consumers=restored)
    return restored


async def _restore(jetstream: JetStreamContext, feed: str, kept: _Kept) -> bool:
    config = ConsumerConfig.from_response(dict(kept.config))
    try:
        await jetstream.consumer_info(feed, config.durable_name or "")
    except NotFoundError:
        start = kept.position + 1
        config = config.evolve(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=start, opt_start_time=None)
        await jetstream.add_consumer(feed, config)
        return True
    return False


async def _consumers(jetstream: JetStreamContext, feed: str) -> list[ConsumerInfo]:
    found: list[ConsumerInfo] = []
    try:
        while len(found) < CONSUMERS_MAX:
            page = await jetstream.consumers_info(feed, offset=len(found))
            found += page
            if not page:
                break
    except NotFoundError:
        return []
    return found

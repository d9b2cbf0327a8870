"""Taking the feed's subjects: which streams in the way are feeds of this log's past, and make room.

A log that was restored from a backup does not know the epochs that began after it. Their feeds are in its way, and are
told from another log's by the genesis that they share.
"""

from collections.abc import Mapping
from typing import Any, Final

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from modelbox_events.errors import FeedTakenError
from modelbox_events.feed.agreement import agrees_readably
from modelbox_events.feed.retire import retire
from modelbox_events.feed.stream import GENESIS, FeedStream
from modelbox_events.feed.subjects import SUBJECTS, is_feed_name, stream_name
from modelbox_events.feed.trouble import EpochEndedError
from modelbox_events.ids import Position
from modelbox_events.log import Log

HOLDERS_MAX: Final = 16
"""Streams that make room at one go; the feed is one stream, so more than one is rare."""


async def claim(
    log: Log,
    jetstream: JetStreamContext,
    feed: FeedStream,
    *,
    alone: bool,
    take_over: str | None = None,
    limits: Mapping[str, Any] | None = None,
) -> bool:
    """See that the feed's stream exists, and have feeds of the log's past make room; return as `FeedStream.ensure`.

    Args:
        log: Whose feed it is.
        jetstream: Where the feed is.
        feed: The stream.
        alone: Whether no other log's feed can be in this NATS: then one of the same genesis makes room too.
        take_over: A feed that makes room by an operator's word, whose ever it is.
        limits: As for `FeedStream.ensure`.

    Raises:
        EpochEndedError: The log was forked, and the stream in the way may be its new feed.
        FeedTakenError: Another stream takes the subjects.
        FeedForkedError: The stream was retired.
        nats.errors.Error: The server did not answer.
        LogUnavailableError: Postgres did not answer.
    """
    ancestors = [stream_name(ancestor.log_id) for ancestor in log.epochs.ancestors]
    if feed.name in ancestors:  # forked since the feed was chosen
        raise EpochEndedError
    for ancestor in ancestors:
        await retire(jetstream, ancestor, successor=feed.name)
    for _ in range(HOLDERS_MAX):
        try:
            return await feed.ensure(limits)
        except FeedTakenError as error:
            if not (is_feed_name(error.holder) and error.holder == take_over):
                if not await makes_room(log, jetstream, error.holder, alone=alone):
                    raise
                # Asked after the holder was seen: a feed of this very log's next epoch must not be retired.
                if (await log.read_head()).log_id != log.log_id:
                    raise EpochEndedError from error
            await retire(jetstream, error.holder, successor=feed.name)
    return await feed.ensure(limits)


async def holder_of(jetstream: JetStreamContext) -> str | None:
    """Return the stream that takes the feed's subjects now, or None.

    Raises:
        nats.errors.Error: The server did not answer.
    """
    try:
        return await jetstream.find_stream_name_by_subject(SUBJECTS)
    except NotFoundError:
        return None


async def makes_room(log: Log, jetstream: JetStreamContext, holder: str, *, alone: bool) -> bool:
    """Return whether a stream in the way makes room without an operator's word.

    Raises:
        NotFoundError: The stream was deleted.
        LogUnavailableError: Postgres did not answer.
    """
    if holder in {stream_name(ancestor.log_id) for ancestor in log.epochs.ancestors}:
        return True
    return alone and is_feed_name(holder) and await _has_same_genesis(log, jetstream, holder)


async def _has_same_genesis(log: Log, jetstream: JetStreamContext, holder: str) -> bool:
    info = await jetstream.stream_info(holder)
    if genesis := (info.config.metadata or {}).get(GENESIS):
        return genesis == str(log.genesis)
    # Made by an earlier version. Its first message carries a hash that begins with the genesis.
    first = Position(info.state.first_seq)
    return info.state.messages > 0 and await agrees_readably(log, FeedStream(jetstream, holder, replicas=1), first)

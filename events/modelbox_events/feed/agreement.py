"""How far a feed and the log agree, message by message.

Each message carries its event's chain hash, which covers all events before it: where one hash agrees, all before agree.
"""

from nats.js.errors import NotFoundError, ServerError

from modelbox_events.feed.stream import FeedState, FeedStream
from modelbox_events.ids import Position
from modelbox_events.log import Log


async def agrees(log: Log, feed: FeedStream, position: Position) -> bool:
    """Return whether the feed's message is the log's event.

    Raises:
        NotFoundError: The feed cannot show the message.
    """
    ours = [event.hash.hex() for event in await log.read(Position(position - 1), limit=1, to=position)]
    return [await feed.chain_hash(position)] == ours


async def last_agreed(log: Log, feed: FeedStream, state: FeedState, head: Position) -> Position:
    """Return the last position up to which feed and log agree; 0 or the feed's first but one when they nowhere do."""
    low, high = max(0, state.first - 1), min(state.last, head)
    while low < high:  # they agree at low, and nowhere after high
        middle = Position((low + high + 1) // 2)
        if await agrees_readably(log, feed, middle):
            low = middle
        else:
            high = middle - 1
    return Position(low)


async def agrees_readably(log: Log, feed: FeedStream, position: Position) -> bool:
    """Return whether the feed shows a message and it is the log's event."""
    try:
        return await agrees(log, feed, position)
    except (NotFoundError, ServerError):
        return False

"""Retiring a feed: what a fork of the log does to the feed of the log that it left.

A sealed stream goes on taking its subjects from all others, so they are taken away first. Its messages stay, and its
followers go on reading them; nothing comes after the last.
"""

from typing import Final

import structlog
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

ASIDE: Final = "modelbox-retired"
"""What the subjects of a retired feed begin with; nobody publishes there."""

_log = structlog.get_logger()


async def retire(jetstream: JetStreamContext, name: str, *, successor: str) -> bool:
    """Take a feed's subjects away and seal it; return whether anything was left to do. Doing it again is harmless.

    Args:
        jetstream: Where the feed is.
        name: The feed's stream, which may not exist.
        successor: The stream in which the log goes on, told in the description of the retired one.

    Raises:
        nats.errors.Error: The server did not answer, or refuses.
    """
    try:
        config = (await jetstream.stream_info(name)).config
    except NotFoundError:
        return False
    aside = [f"{ASIDE}.{name}.>"]
    if config.subjects == aside and config.sealed:
        return False
    if config.subjects != aside:
        description = f"ModelBox: retired; after a fork of the log the feed goes on in {successor}"
        config = (await jetstream.update_stream(config.evolve(subjects=aside, description=description))).config
    if not config.sealed:
        await jetstream.update_stream(config.evolve(sealed=True))
    _log.warning("feed_retired", stream=name, successor=successor)
    return True

"""Follow every change as it happens, with nothing but nats-py: no ModelBox code is used here.

The feed is a JetStream stream whose sequence is the position in the log, so a follower can prove to itself that it
missed nothing: 1, 2, 3 … It goes on when the feed is made anew or the log is forked, and ends with a line that says why
when the log lost what was shown. Stop it with Ctrl-C or SIGTERM.

It takes the file that says how to connect (`modelbox server info` names it: nats_follower_file), which is a context of
the `nats` command too; or the address of a NATS of your own.

    python follow.py modelbox-data/nats/follower.json
    python follow.py nats://127.0.0.1:4222
"""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy

# Of these types one field tells what changed.
TELLING = {
    "ExperimentCreated": "name",
    "RunCreated": "name",
    "RunEnded": "status",
    "DatasetCreated": "name",
    "ModelCreated": "name",
    "LineageLinked": "relation",
    "UniqueTagMoved": "tag",
    "UniqueTagRemoved": "tag",
}

SUBJECTS = "modelbox.>"
WAIT_S = 2.0
PATIENCE = 5  # how often WAIT_S passes without a change before a feed that lacks what was shown is given up
PAUSE_S = 0.5
RECONNECTS = 60  # 2 s apart
REMEDY = "it was restored from a backup. Run this again: it shows the log as it is now, from the start"


class EndedError(Exception):
    """There is nothing to follow any more; the message says why, and what to do."""


async def follow(context: dict[str, str]) -> None:
    """Print each change, from the first on, until the task is cancelled."""
    try:
        connection = await nats.connect(
            context["url"],
            user=context.get("user"),
            password=context.get("password"),
            error_cb=_ignore,  # what goes wrong is told once, where it is met; nats-py would log each try to connect
            max_reconnect_attempts=RECONNECTS,
        )
    except (nats.errors.Error, OSError) as error:
        raise EndedError(f"NATS does not answer at {context['url']}: {str(error) or type(error).__name__}") from error
    try:
        jetstream = connection.jetstream(prefix=context.get("jetstream_api_prefix", "$JS.API"))
        expected = 1
        async for message in changes(connection, jetstream):
            position = int((message.headers or {})["ce-sequence"])
            if not expected == position == message.metadata.sequence.stream:
                raise EndedError(f"expected position {expected}, not {position}")
            expected += 1
            print(line(position, message), flush=True)
    finally:
        with contextlib.suppress(nats.errors.Error, OSError):  # NATS may be away
            await connection.close()


async def _ignore(_error: Exception) -> None:
    pass


async def changes(connection: Client, jetstream: JetStreamContext) -> AsyncIterator[Msg]:
    """Return each message of the feed, and wait for the next for as long as it takes.

    The feed may be made anew (`modelbox relay rebuild`), or go on in another stream (`modelbox log fork`). It is then
    read from the last change on that was shown. Its hash covers all before it: where that is the same, nothing differs.
    """
    shown, chain_hash, waits = 0, "", False
    while True:
        try:
            async for message in read(jetstream, shown):
                headers, position, waits = message.headers or {}, message.metadata.sequence.stream, False
                if position <= shown:  # the last one again; or an older one, whose acknowledgement was lost
                    if position == shown and headers["ce-chainhash"] != chain_hash:
                        raise EndedError(f"what was shown is not in the log any more, up to {shown}: {REMEDY}")
                    continue
                shown, chain_hash = position, headers["ce-chainhash"]
                yield message
        except nats.errors.Error as error:  # the feed is being made anew, or NATS is away
            if connection.is_closed:
                raise EndedError("NATS does not answer any more; run this again when it does") from error
            if not waits:
                print(f"waiting for the feed: {error}", file=sys.stderr, flush=True)
            waits = True
            await asyncio.sleep(PAUSE_S)


async def read(jetstream: JetStreamContext, shown: int) -> AsyncIterator[Msg]:
    """Return the messages of the stream that is the feed now, from the last one on that was shown, while it is that."""
    stream = await jetstream.find_stream_name_by_subject(SUBJECTS)
    start = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=max(1, shown))
    feed = await jetstream.pull_subscribe(SUBJECTS, stream=stream, config=start)
    ends: list[int] = []
    while True:
        try:
            # One at a time: a fetch of more waits for all of them.
            [message] = await feed.fetch(1, timeout=WAIT_S)
        except TimeoutError:  # nothing happened; ask again, if it is still the feed and the consumer is there
            await feed.consumer_info()
            if await jetstream.find_stream_name_by_subject(SUBJECTS) != stream:
                await feed.unsubscribe()
                return
            ends = [*ends, (await jetstream.stream_info(stream)).state.last_seq][-PATIENCE:]
            if ends == [ends[0]] * PATIENCE and ends[0] < shown:
                raise EndedError(f"the log ends at {ends[0]}, and {shown} was shown: {REMEDY}") from None
            continue
        yield message
        await message.ack()


def line(position: int, message: Msg) -> str:
    """Return one change as a line of text."""
    headers = message.headers or {}
    event_type = headers["ce-type"]
    return f"{position:5}  {event_type:20} {summary(event_type, json.loads(message.data))}"


def summary(event_type: str, data: dict[str, Any]) -> str:
    """Say in a few words what changed."""
    match event_type:
        case "ModelVersionCreated":
            return f"{data['name']} version {data['version']}"
        case "CheckpointCreated":
            return f"epoch {data['epoch']}"
        case "MetricsLogged":
            points = sum(len(series["steps"]) for series in data["series"])
            return f"{points} points of {', '.join(sorted({series['key'] for series in data['series']}))}"
        case "ArtifactUploaded":
            return f"{data['path']}, {data['size']:,} bytes, sha256 {data['sha256'][:12]}…"
        case _:
            return str(data[TELLING[event_type]]) if event_type in TELLING else ", ".join(data)


async def main(context: dict[str, str]) -> None:
    """Follow until a signal asks to stop."""
    following = asyncio.create_task(follow(context))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([following, stopping], return_when=asyncio.FIRST_COMPLETED)
    # Again until it has heard of it: before Python 3.12, `asyncio.wait_for` forgets it where an answer came just then.
    while not following.done():
        following.cancel()
        await asyncio.wait([following], timeout=1)
    try:
        await following
    except asyncio.CancelledError:
        print("follower stopped", flush=True)
    except EndedError as end:
        sys.exit(str(end))


def context_of(where: str) -> dict[str, str]:
    """Return how to connect: what a context's file says, or just an address."""
    if "://" in where:
        return {"url": where}
    try:
        context: dict[str, str] = json.loads(Path(where).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{where}: {error}; `modelbox server info` names the right file, as nats_follower_file")
    return context


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):  # noqa: PLR2004  # the program and where
        print(__doc__, file=sys.stderr)
        sys.exit(0 if sys.argv[1:] in (["--help"], ["-h"]) else 2)
    asyncio.run(main(context_of(sys.argv[1])))

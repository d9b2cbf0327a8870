"""Follow every change as it happens, with nothing but nats-py: no ModelBox code is used here.

The feed is a JetStream stream whose sequence is the position in the log, so a follower can prove to itself that it
missed nothing: 1, 2, 3 … Stop it with Ctrl-C or SIGTERM.

It takes the file that says how to connect (`modelbox server info` names it: nats_follower_file), which is a context of
the `nats` command too; or the address of a NATS of your own.

    python follow.py modelbox-data/nats/follower.json
    python follow.py nats://127.0.0.1:4222
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext

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


WAIT_S = 5.0


async def follow(context: dict[str, str]) -> None:
    """Print each change, from the first on, until the task is cancelled."""
    connection = await nats.connect(context["url"], user=context.get("user"), password=context.get("password"))
    try:
        jetstream = connection.jetstream(prefix=context.get("jetstream_api_prefix", "$JS.API"))
        expected = 1
        async for message in changes(jetstream):
            position = int((message.headers or {})["ce-sequence"])
            if not expected == position == message.metadata.sequence.stream:
                sys.exit(f"expected position {expected}, not {position}")
            expected += 1
            print(line(position, message), flush=True)
    finally:
        await connection.close()


async def changes(jetstream: JetStreamContext) -> AsyncIterator[Msg]:
    """Return each message of the feed, and wait for the next for as long as it takes."""
    feed = await jetstream.pull_subscribe("modelbox.>")
    while True:
        try:
            # One at a time: a fetch of more waits for all of them.
            [message] = await feed.fetch(1, timeout=WAIT_S)
        except TimeoutError:  # nothing happened; ask again
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
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, following.cancel)
    try:
        await following
    except asyncio.CancelledError:
        print("follower stopped", flush=True)


if __name__ == "__main__":
    where = sys.argv[1]
    asyncio.run(main({"url": where} if "://" in where else json.loads(Path(where).read_text(encoding="utf-8"))))

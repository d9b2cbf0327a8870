"""The follower that ships as an example goes on whatever becomes of the feed, or says in one line why it cannot."""

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from modelbox_events import Log
from modelbox_events.feed import Relay, stream_name
from modelbox_events.fork import fork
from modelbox_gateway.embedded.nats import EmbeddedNats
from tests.integration.feeds import WAIT_S, append_updates, fill, own_nats, running, until, until_relayed
from tests.integration.set_back import Restorable

FOLLOW: Final = Path(__file__).parents[3] / "sdk/python/examples/digits/follow.py"


class Following:
    """The program at work, and what it printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Gather its lines."""
        self.process = process
        self.lines: list[str] = []

    async def gather(self) -> None:
        """Read what it prints, to its end."""
        assert self.process.stdout is not None
        async for text in self.process.stdout:
            self.lines.append(text.decode())

    @property
    def shown(self) -> list[int]:
        """The positions of the changes that it showed."""
        return [int(found[1]) for text in self.lines if (found := re.match(r" *(\d+)  ", text))]

    async def until_shown(self, position: int) -> None:
        """Wait until it has shown a change."""
        await until(lambda: position in self.shown, what=f"{position} shown, after {self.lines[-3:]}")


@contextlib.asynccontextmanager
async def following(server: EmbeddedNats) -> AsyncIterator[Following]:
    """The program, as a follower of this server."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        FOLLOW,
        server.follower_file,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    follower = Following(process)
    gathering = asyncio.create_task(follower.gather())
    try:
        yield follower
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait_for(process.wait(), WAIT_S)
        await gathering


async def test_the_example_goes_on_after_a_rebuild_and_after_a_fork(log: Log, dsn: str, tmp_path: Path) -> None:
    stream = await fill(log, 20)
    async with (
        own_nats(tmp_path) as server,
        running(Relay(log, [server.url], alone=True)) as relay,
        following(server) as follower,
    ):
        await follower.until_shown(20)
        await relay.rebuild()
        await append_updates(log, stream, 5)
        await follower.until_shown(25)
        begun = await fork(dsn, reason="a copy lives on")
        await until(lambda: relay.stream == stream_name(begun.log_id), what="the fork noticed")
        await append_updates(log, stream, 5)
        await follower.until_shown(31)
        assert follower.shown == list(range(1, 32))
        follower.process.terminate()
        assert await asyncio.wait_for(follower.process.wait(), WAIT_S) == 0


async def test_the_example_waits_in_one_line_while_nats_is_away_and_stops_then_too(log: Log, tmp_path: Path) -> None:
    await fill(log, 3)
    async with own_nats(tmp_path) as server:
        async with running(Relay(log, [server.url], alone=True)), following(server) as follower:
            await follower.until_shown(3)
            await server.stop()
            await until(lambda: any("waiting for the feed" in text for text in follower.lines), what="the wait told")
            follower.process.terminate()
            assert await asyncio.wait_for(follower.process.wait(), WAIT_S) == 0
        assert [text for text in follower.lines[3:] if "waiting for the feed" not in text] == ["follower stopped\n"]
        assert len(follower.lines) == 5


async def test_the_example_says_how_it_is_called(tmp_path: Path) -> None:
    for argument, says, code in (("--help", "python follow.py", 0), (str(tmp_path / "none"), "nats_follower_file", 1)):
        process = await asyncio.create_subprocess_exec(
            sys.executable, FOLLOW, argument, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        printed, _ = await asyncio.wait_for(process.communicate(), WAIT_S)
        assert says in printed.decode()
        assert "Traceback" not in printed.decode()
        assert process.returncode == code


async def _lose(dsn: str, tmp_path: Path, *, afterwards: int) -> list[str]:
    """Restore a log of 5 events of which 25 were shown, log on after a fork; return what the follower said then."""
    before = await Log.open(dsn)
    stream = await fill(before, 5)
    await before.close()
    async with Restorable.keep(dsn) as backup, own_nats(tmp_path) as server, following(server) as follower:
        log = await Log.open(dsn)
        async with running(Relay(log, [server.url])) as relay:
            await append_updates(log, stream, 20)
            await until_relayed(relay, log)
            await follower.until_shown(25)
        await log.close()
        await backup.restore()
        await fork(dsn, reason="restored a backup")
        again = await Log.open(dsn)
        await append_updates(again, stream, afterwards)
        async with running(Relay(again, [server.url])):
            await asyncio.wait_for(follower.process.wait(), WAIT_S)
        await again.close()
    assert follower.process.returncode == 1
    assert follower.shown == list(range(1, 26))
    return [text for text in follower.lines if not re.match(r" *\d|waiting for the feed", text)]


async def test_the_example_says_what_to_do_when_the_log_lost_what_it_showed(dsn: str, tmp_path: Path) -> None:
    [line] = await _lose(dsn, tmp_path, afterwards=40)
    assert line.startswith("what was shown is not in the log any more, up to 25: it was restored from a backup. Run")


async def test_the_example_says_so_too_while_the_log_is_shorter_than_what_it_showed(dsn: str, tmp_path: Path) -> None:
    [line] = await _lose(dsn, tmp_path, afterwards=1)
    assert line.startswith("the log ends at 7, and 25 was shown: it was restored from a backup. Run this again")


FORGETFUL: Final = """
import asyncio, contextlib, sys
sys.path.insert(0, sys.argv[1])
import follow

async def connect(*_, **__):
    print("waits", flush=True)
    with contextlib.suppress(asyncio.CancelledError):  # as `wait_for` does where an answer comes just then
        await asyncio.Event().wait()
    await asyncio.Event().wait()

follow.nats.connect = connect
asyncio.run(follow.main({"url": ""}))
"""


async def test_it_stops_at_a_signal_that_python_forgets_once() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FORGETFUL, str(FOLLOW.parent), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"waits\n"
        process.terminate()
        async with asyncio.timeout(WAIT_S):
            assert await process.stdout.read() == b"follower stopped\n"
            assert await process.wait() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()

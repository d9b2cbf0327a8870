"""A program that works on projections and stops itself (SIGSTOP) where it hurts most: `… dsn lead|swap|rebuild`.

lead: folds the log, and freezes inside the transaction that folds the metadata key `freeze`.
swap: rebuilds `key_counts`, and freezes inside the swap, when readers' view is already locked.
rebuild: rebuilds `key_counts`, and freezes while it fills the new tables.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import asyncpg

from modelbox_events import Log
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_projections import PROJECTIONS, DecodedEvent, ProjectionRunner, catalog_of, rebuild
from tests.integration.projections_support import WAIT_S, KeyCounts, until

FREEZE: str = "freeze"


def freeze() -> None:
    """Stop this process, as an operator, a debugger or a virtual machine does."""
    os.kill(os.getpid(), signal.SIGSTOP)


class FreezingCounts(KeyCounts):
    """Counts keys, and freezes with the rows of key `freeze` written and nothing committed."""

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        await super().fold(connection, events)
        data = [event.data for event in events]
        if any(isinstance(event, MetadataUpdated) and FREEZE in event.metadata for event in data):
            freeze()


class _Relations(tuple[str, ...]):
    """Names of relations; who goes through them freezes at the end."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        yield from super().__iter__()
        freeze()


class FrozenSwap(KeyCounts):
    """Freezes when the SQL views of readers have been replaced, before the commit."""

    relations: ClassVar[tuple[str, ...]] = _Relations(KeyCounts.relations)


async def main(dsn: str, what: str) -> None:
    log = await Log.open(dsn)
    match what:
        case "lead":
            runner = ProjectionRunner(log, catalog=catalog_of(FreezingCounts(), *PROJECTIONS.values()))
            running = asyncio.create_task(runner.run())
            print("runs", flush=True)  # noqa: T201  # the test reads it
            while not runner.leading:  # noqa: ASYNC110  # maybe only when another process ends
                await asyncio.sleep(0.01)
            print("leads", flush=True)  # noqa: T201  # the test reads it
            await running
        case "swap" | "rebuild":
            print("runs", flush=True)  # noqa: T201  # the test reads it
            projection = FrozenSwap() if what == "swap" else FreezingCounts()
            await rebuild(log, "key_counts", catalog=catalog_of(projection))


class Frozen:
    """The process of such a program."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def stop(self) -> None:
        """Freeze it from outside."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Wake it."""
        self._process.send_signal(signal.SIGCONT)

    async def is_frozen(self) -> None:
        """Wait until it has frozen."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        await until(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "T")

    async def ended(self) -> int:
        """Wait until it has ended, and return how."""
        async with asyncio.timeout(WAIT_S):
            return await self._process.wait()


@contextlib.asynccontextmanager
async def freezing(dsn: str, what: str, *, leads: bool = False) -> AsyncIterator[Frozen]:
    """Run the program while the block runs. When that begins, the program has begun, and leads if it should."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, dsn, what, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _says(process, b"leads\n" if leads else b"runs\n")
        yield Frozen(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _says(process: asyncio.subprocess.Process, line: bytes) -> None:
    """Wait until the program has printed a line, among those of its log."""
    assert process.stdout is not None
    async with asyncio.timeout(WAIT_S):
        while (said := await process.stdout.readline()) != line:
            assert said, "the program ended"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))

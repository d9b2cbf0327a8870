"""What the service does for those who run it, where no server is needed."""

import asyncio
import json
import logging
import os
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from modelbox_gateway import disks
from modelbox_gateway.disks import Disks, DiskSpace, space_of
from modelbox_gateway.embedded.logs import GENERATIONS, LOG_BYTES_MAX, put_aside
from modelbox_gateway.log_output import LogOutput
from modelbox_gateway.logging import configure

GIB = 1024**3


def test_a_log_on_a_full_disk_ends_nothing_and_says_afterwards_how_much_is_missing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.symlink_to("/dev/full")
    output = LogOutput(log)
    output.write("one\n")
    output.write("two\n")
    log.unlink()
    output.reopen()

    output.write("three\n")

    assert log.read_text() == "2 log lines before this one could not be written\nthree\n"


def test_a_file_that_cannot_be_opened_anew_leaves_the_log_where_it_was(tmp_path: Path) -> None:
    output = LogOutput(tmp_path / "log")
    (tmp_path / "log").rename(tmp_path / "old")
    (tmp_path / "log").mkdir()
    with pytest.raises(OSError, match="directory"):
        output.reopen()
    output.write("still\n")
    assert (tmp_path / "old").read_text() == "still\n"


def test_logs_that_were_put_aside_are_bounded(tmp_path: Path) -> None:
    """And whoever has the log open goes on at its new beginning."""
    log = tmp_path / "server.log"
    with log.open("ab", buffering=0) as writer:
        for _ in range(GENERATIONS + 2):
            writer.truncate(LOG_BYTES_MAX + 1)
            put_aside(log)
            assert log.stat().st_size == 0
            writer.write(b"line")
    assert log.read_bytes() == b"line"
    put_aside(log)
    assert log.read_bytes() == b"line", "a short one stays"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "server.log", *(f"server.log.{number}" for number in range(1, GENERATIONS + 1)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("space", "is_low"),
    [
        (DiskSpace(3 * GIB, 20 * GIB, 100, 100), False),
        (DiskSpace(1 * GIB, 20 * GIB, 100, 100), True),
        (DiskSpace(20 * GIB, 4000 * GIB, 100, 100), False),
        (DiskSpace(9 * GIB, 4000 * GIB, 100, 100), True),
        (DiskSpace(9 * GIB, 10 * GIB, 1, 100), True),
        (DiskSpace(9 * GIB, 10 * GIB, 0, 0), False),
    ],
)
def test_space_is_low_below_a_tenth_or_ten_gibibytes_and_so_are_inodes(space: DiskSpace, *, is_low: bool) -> None:
    assert space.is_low is is_low


async def test_low_space_is_told_once_and_a_folder_that_is_not_there_yet_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disks, "LOW_SHARE", 1.0)
    monkeypatch.setattr(disks, "LOW_BYTES_MAX", 2**63)
    monkeypatch.setattr(disks, "_LOOK_INTERVAL_S", 0.01)
    watched = Disks({"data_dir": tmp_path / "not" / "yet"})
    with capture_logs() as lines:
        following = asyncio.create_task(watched.follow())
        async with asyncio.timeout(20):
            while not lines:  # noqa: ASYNC110  lines of a log have no event to wait for
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    assert [(line["event"], line["log_level"]) for line in lines] == [("disk_space_low", "warning")]
    gauges = {metric.name: metric.samples[0].value for metric in watched.collect() if metric.samples}
    assert gauges["modelbox_disk_size_bytes"] == space_of(tmp_path).size_bytes
    assert os.statvfs(tmp_path).f_blocks


def test_a_connection_that_asyncpg_lost_is_one_short_line(tmp_path: Path) -> None:
    """Its pool logs the traceback, twice for one crash of Postgres."""
    former = logging.getLogger().handlers[:]
    configure("json", "info", file=tmp_path / "log")
    try:
        lost = ConnectionResetError("lost")
        logging.getLogger("asyncpg.pool").warning("Failed to restore", exc_info=lost)
        logging.getLogger("other").warning("unforeseen", exc_info=lost)
    finally:
        structlog.reset_defaults()
        logging.basicConfig(handlers=former, force=True)
    short, full = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert (short["event"], short["error"]) == ("Failed to restore", "ConnectionResetError: lost")
    assert "exception" not in short
    assert "ConnectionResetError" in full["exception"]

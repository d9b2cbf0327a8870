"""The backlog: order, bounds, a disk that is full or fails, and journals written anew."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from modelbox.delivery.buffer import Point
from modelbox.delivery.columns import points_of, records_of, repacked
from modelbox.journal import backlog as backlog_module
from modelbox.journal import folder as folder_module
from modelbox.journal.backlog import Backlog
from modelbox.journal.compaction import compact
from modelbox.journal.file import DAMAGED_SUFFIX, JournalFile
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.record import METRICS, Record
from modelbox.proto import modelstore_pb2 as pb

ADDRESS = "server:8085"


def folder_of(path: Path, *, bytes_max: int = 2**30, free_bytes_min: int = 0) -> JournalFolder:
    return JournalFolder(JournalSettings(path, bytes_max=bytes_max, free_bytes_min=free_bytes_min), ADDRESS)


def added(backlog: Backlog, numbers: range, *, size: int = 100) -> list[str]:
    records = [Record("LogEvent", bytes(size), key=str(number)) for number in numbers]
    for record in records:
        assert backlog.append(record)
    return [record.key for record in records]


def sent(backlog: Backlog, count: int | None = None) -> list[str]:
    keys: list[str] = []
    while (count is None or len(keys) < count) and (record := backlog.first()) is not None:
        backlog.tried(record, 1_700_000_000)
        backlog.answer(record)
        keys.append(record.key)
    return keys


def taken(folder: JournalFolder) -> Backlog:
    [path] = folder.journals()
    file = folder.take(path)
    assert file is not None
    return Backlog.of(folder, file)


@pytest.fixture
def try_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that could not be written, and the sum of the others' sizes, are looked at again at once."""
    monkeypatch.setattr(backlog_module, "JOURNAL_RETRY_S", 0.0)
    monkeypatch.setattr(folder_module, "JOURNAL_RETRY_S", 0.0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk; test_a_file_that_may_not_grow covers the rest")
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk; test_a_file_that_may_not_grow covers the rest")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def test_records_keep_their_order_through_window_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "WINDOW_BYTES_MAX", 6_000)
    backlog = Backlog(folder_of(tmp_path))
    keys = added(backlog, range(50))
    assert sent(backlog, 20) == keys[:20]
    keys += added(backlog, range(50, 120))
    assert sent(backlog) == keys[20:]
    assert backlog.waiting.records == backlog.in_file.records == 0
    backlog.close()
    assert list(tmp_path.iterdir()) == []


def test_the_window_bounds_what_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "WINDOW_BYTES_MAX", 6_000)
    backlog = Backlog(folder_of(tmp_path))
    added(backlog, range(10_000))
    assert len(backlog._window) == 10
    assert backlog.waiting.records == 10_000
    backlog.close()


def test_an_answered_backlog_takes_no_disk(tmp_path: Path) -> None:
    backlog = Backlog(folder_of(tmp_path))
    for start in range(0, 1000, 10):
        added(backlog, range(start, start + 10))
        sent(backlog)
    [path] = tmp_path.iterdir()
    assert path.stat().st_size < 1000
    backlog.close()


def test_what_was_not_answered_is_taken_over_as_it_was(tmp_path: Path) -> None:
    backlog = Backlog(folder_of(tmp_path))
    keys = added(backlog, range(10))
    sent(backlog, 3)
    record = backlog.first()
    assert record is not None
    backlog.tried(record, 1_700_000_000)
    assert backlog.close().records == 0
    after = taken(folder_of(tmp_path))
    first = after.first()
    assert first is not None
    assert (after.waiting.records, first.key, first.tried_at) == (7, "3", 1_700_000_000)
    assert sent(after) == keys[3:]
    after.close()
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_everything_is_in_memory_and_lost_at_the_end() -> None:
    backlog = Backlog(None)
    keys = added(backlog, range(5))
    assert sent(backlog, 2) == keys[:2]
    assert backlog.close().records == 3


@pytest.mark.usefixtures("try_again_at_once")
def test_a_full_disk_costs_nothing_but_the_journal(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    backlog = Backlog(folder_of(small_disk))
    keys = added(backlog, range(30), size=100_000)
    assert 0 < backlog.in_file.records < 30
    assert backlog.waiting.records == 30
    assert caplog.text.count("the journal cannot be written") == 1
    assert "No space left" in caplog.text
    assert sent(backlog) == keys
    # All is answered, so the file is empty and takes more again.
    keys = added(backlog, range(30, 33), size=100_000)
    assert backlog.in_file.records == 3
    assert sent(backlog) == keys
    assert backlog.close().records == 0


@pytest.mark.usefixtures("try_again_at_once")
def test_what_waited_in_memory_is_journaled_when_the_disk_has_room_again(small_disk: Path) -> None:
    other = small_disk / "other"
    other.write_bytes(bytes(900_000))
    backlog = Backlog(folder_of(small_disk))
    keys = added(backlog, range(4), size=60_000)
    assert backlog.in_file.records < 4
    other.unlink()
    keys += added(backlog, range(4, 6), size=60_000)
    assert backlog.in_file.records == 6
    assert backlog.close().records == 0
    after = taken(folder_of(small_disk))
    assert sent(after) == keys
    after.close()


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """A limit of the process instead of the disk's, which needs no root: the record is cut back, the rest is whole."""
    program = f"""
import resource, signal
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from modelbox.journal.backlog import Backlog
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.record import Record
backlog = Backlog(JournalFolder(JournalSettings(Path({str(tmp_path)!r}), free_bytes_min=0), {ADDRESS!r}))
for number in range(30):
    assert backlog.append(Record("LogEvent", bytes(1000), key=str(number)))
print(backlog.in_file.records, backlog.close().records)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    kept, lost = map(int, run.stdout.split())
    assert 0 < kept < 20
    assert kept + lost == 30
    after = taken(folder_of(tmp_path))
    assert sent(after) == [str(number) for number in range(kept)]
    after.close()


def test_a_folder_that_cannot_be_made_costs_nothing_but_the_journal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    backlog = Backlog(folder_of(tmp_path / "file" / "journal"))
    keys = added(backlog, range(3))
    assert sent(backlog) == keys
    assert caplog.text.count("the journal cannot be written") == 1


def test_a_disk_that_may_only_be_read_costs_nothing_but_the_journal(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = Backlog(folder_of(small_disk))
    added(before, range(3))
    before.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    folder = folder_of(small_disk)
    [path] = folder.journals()
    assert folder.take(path) is None
    backlog = Backlog(folder)
    keys = added(backlog, range(3))
    assert sent(backlog) == keys
    assert "Read-only file system" in caplog.text


@pytest.mark.usefixtures("try_again_at_once")
def test_all_journals_together_keep_to_their_bound(tmp_path: Path) -> None:
    first = Backlog(folder_of(tmp_path, bytes_max=100_000))
    added(first, range(60), size=1000)
    second = Backlog(folder_of(tmp_path, bytes_max=100_000))
    added(second, range(60), size=1000)
    assert first.in_file.records == 60
    assert 20 < second.in_file.records < 40
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 100_000
    first.close()
    second.close()


def test_the_disk_is_left_some_room(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    backlog = Backlog(folder_of(tmp_path, free_bytes_min=2**60))
    added(backlog, range(3))
    assert backlog.in_file.records == 0
    assert "bytes are free" in caplog.text
    assert backlog.close().records == 3


def test_memory_is_bounded_where_there_is_no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog_module, "UNSAVED_BYTES_MAX", 2_000)
    backlog = Backlog(None)
    assert [backlog.append(Record("LogEvent", bytes(100))) for _ in range(5)] == [True, True, True, False, False]
    sent(backlog, 1)
    assert backlog.append(Record("LogEvent", bytes(100)))


def test_a_journal_that_somebody_removed_is_made_anew(tmp_path: Path) -> None:
    backlog = Backlog(folder_of(tmp_path))
    added(backlog, range(3))
    [path] = tmp_path.iterdir()
    path.unlink()
    sent(backlog)
    keys = added(backlog, range(3, 5))
    backlog.close()
    after = taken(folder_of(tmp_path))
    assert sent(after) == keys
    after.close()


def test_damage_is_told_and_kept_and_does_not_block_the_rest(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    backlog = Backlog(folder_of(tmp_path))
    added(backlog, range(10))
    backlog.close()
    [path] = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    for amount in (4, 5):
        assert [found.name for found in tmp_path.iterdir()] == [path.name], "it is set aside before all of it is sent"
        after = taken(folder_of(tmp_path))
        assert len(sent(after, amount)) == amount
        after.close()
    assert [found.name for found in tmp_path.iterdir()] == [path.name + DAMAGED_SUFFIX]
    assert "were damaged" in caplog.text


@pytest.mark.usefixtures("try_again_at_once")
def test_what_was_read_before_the_file_failed_marks_nothing_in_the_next_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its place in the file that was given up: at that place another record stands in the new one."""
    folder = folder_of(tmp_path)
    backlog = Backlog(folder)
    with monkeypatch.context() as failing:
        failing.setattr(backlog_module, "WINDOW_BYTES_MAX", 3_000)
        keys = added(backlog, range(20))
        failing.setattr(JournalFile, "read", fail)
        failing.setattr(backlog_module, "WINDOW_BYTES_MAX", 2**20)
        assert backlog.next(lambda _: False) is None
    in_memory = backlog.select(lambda _: True)
    assert 2 <= len(in_memory) < 20
    assert backlog.lost.records == 20 - len(in_memory)
    later = added(backlog, range(100, 110), size=130)
    assert sent(backlog, len(in_memory)) == keys[: len(in_memory)]
    assert (backlog.in_file.records, backlog.waiting.records) == (10, 10)
    path = Path(backlog.path)
    backlog.close()
    file = folder.take(path)
    assert file is not None
    after = Backlog.of(folder, file)
    assert (sent(after), after.damaged_bytes) == (later, 0)
    after.close()


def fail(*_: object) -> NoReturn:
    raise OSError(errno.EIO, "the disk fails")


def test_own_records_that_cannot_be_read_back_are_counted_and_waited_for_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog_module, "WINDOW_BYTES_MAX", 1_000)
    backlog = Backlog(folder_of(tmp_path))
    added(backlog, range(10))
    reached: list[bool] = []
    backlog.mark(lambda: reached.append(True))
    [path] = tmp_path.iterdir()
    os.truncate(path, path.stat().st_size // 2)
    assert len(sent(backlog)) < 10
    assert backlog.first() is None
    assert reached == [True]
    assert backlog.lost.records > 0
    backlog.close()


def points_in(backlog: Backlog) -> list[Point]:
    found: list[Point] = []
    while (record := backlog.first()) is not None:
        if record.method == METRICS:
            found += points_of(pb.LogMetricsBatchRequest.FromString(record.request))
        else:
            found.append(Point(record.method, "", 0, 0.0, 0.0))
        backlog.answer(record)
    return found


def test_many_small_records_become_few_and_keep_their_points_and_order(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    backlog = Backlog(folder)
    points = [Point("o" if step % 3 else "p", "loss", step, float(step), step / 2) for step in range(3000)]
    for point in points[:1500]:
        [record] = records_of([point])
        backlog.append(record)
    backlog.append(Record("LogEvent", b""))
    for point in points[1500:]:
        [record] = records_of([point])
        backlog.append(record)
    first = backlog.first()
    assert first is not None
    backlog.tried(first, 1_700_000_000)
    reached: list[bool] = []
    backlog.mark(lambda: reached.append(True))
    compact(backlog, folder, repack=repacked)
    assert (backlog.waiting.records, backlog.waiting.points, backlog.waiting.calls) == (6, 3000, 1)
    again = backlog.first()
    assert again is not None
    # The server may have seen the first: it is sent as it was.
    assert (again.key, again.request, again.tried_at) == (first.key, first.request, 1_700_000_000)
    added(backlog, range(1))
    found = points_in(backlog)
    assert reached == [True]
    assert [point.object_id for point in found].index("LogEvent") == 1500
    for name in ("o", "p"):
        assert [point for point in found if point.object_id == name] == [p for p in points if p.object_id == name]
    assert found[-1].object_id == "LogEvent"
    backlog.close()
    assert list(tmp_path.iterdir()) == []


def test_a_compaction_that_has_no_room_changes_nothing(small_disk: Path) -> None:
    folder = folder_of(small_disk)
    backlog = Backlog(folder)
    keys = added(backlog, range(10), size=70_000)
    assert backlog.in_file.records == 10
    compact(backlog, folder, repack=repacked)
    assert [path.suffix for path in small_disk.iterdir()] == [".journal"]
    assert sent(backlog) == keys
    backlog.close()

"""The ring: what is in it when its process is killed at any moment comes into the journal, each call once."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import time

import pytest

from modelbox.delivery.buffer import Buffer, Point
from modelbox.delivery.columns import points_of, records_of
from modelbox.delivery.pouring import pour_orphans, take
from modelbox.journal import ring_folders
from modelbox.journal.backlog import Backlog
from modelbox.journal.folder import JournalFolder, unanswered
from modelbox.journal.record import METRICS, NO_SLOT, Record
from modelbox.journal.ring import Ring
from modelbox.journal.slots import PART_BYTES, RING_BYTES, SLOTS
from modelbox.limits import BATCH_POINTS_MAX, RING_CALL_BYTES_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.syncing import waiting_journals
from tests.unit.journal_server import folder_of

TIMEOUT_S = 60


class Owner:
    """A client's memory, ring and journal, without its threads."""

    def __init__(self, folder: JournalFolder) -> None:
        ring = folder.create_ring()
        assert ring is not None
        self.ring: Ring = ring
        self.buffer = Buffer()
        self.buffer.ring = ring
        self.backlog = Backlog(folder)
        self.backlog.go_with(ring)

    def log(self, steps: range) -> None:
        for step in steps:
            self.buffer.add("known", {"loss": float(step)}, step, 1.7e9 + step)

    def records(self, points_max: int = 10_000) -> list[Record]:
        entries = self.buffer.take(points_max)
        return list(records_of(entry for entry in entries if isinstance(entry, Point)))

    def journal(self, points_max: int = 10_000) -> None:
        for record in self.records(points_max):
            assert self.backlog.append(record)

    def die(self) -> None:
        """End as a process does that is killed: the locks go, the files stay as they are."""
        self.ring.abandon()
        if self.backlog.file is not None:
            self.backlog.file.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[JournalFolder]:
    folder = folder_of(tmp_path / "journals")
    yield folder
    for stem in list(folder.ring_folders.stems()):
        path = folder.ring_folders.of(stem)
        assert path is not None
        path.unlink()


def left(folder: JournalFolder) -> list[Record]:
    """Take over what is left, and return it; the journals stay."""
    pour_orphans(folder)
    records: list[Record] = []
    for path in list(folder.journals()):
        file = take(folder, path)
        assert file is not None
        records += unanswered(path)
        file.close()
    assert list(folder.ring_folders.stems()) == []
    return records


def steps(records: list[Record]) -> list[int]:
    batches = [pb.LogMetricsBatchRequest.FromString(one.request) for one in records if one.method == METRICS]
    return [point.step for batch in batches for point in points_of(batch)]


def test_what_was_in_no_journal_yet_is_taken_over_in_its_order(folder: JournalFolder) -> None:
    owner = Owner(folder)
    owner.log(range(100))
    owner.buffer.add_call(Record("CreateRun", b"new", key="made"))
    owner.buffer.add("known", {"loss": 0.5, "text": "é", "image": b"\xff", "nan": float("nan")}, 100, None)
    owner.die()
    before, made, after = left(folder)
    assert steps([before]) == list(range(100))
    assert (made.method, made.request, made.key) == ("CreateRun", b"new", "made")
    values = {point.key: point.value for point in points_of(pb.LogMetricsBatchRequest.FromString(after.request))}
    assert (values["loss"], values["text"], values["image"]) == (0.5, "é", b"\xff")
    assert str(values["nan"]) == "nan"


def test_what_is_in_the_journal_is_not_taken_over_again(folder: JournalFolder) -> None:
    owner = Owner(folder)
    owner.log(range(10))
    owner.journal()
    assert owner.ring.is_empty
    owner.log(range(10, 20))
    owner.die()
    assert steps(left(folder)) == list(range(20))


@pytest.mark.parametrize("is_written, freed", [(False, 0), (True, 0), (True, 3), (True, 10)])
def test_a_process_killed_while_it_journals_leaves_each_point_once(
    folder: JournalFolder, is_written: bool, freed: int
) -> None:
    """Between the words that name the slots of a record, the record itself, and the slots' release."""
    owner = Owner(folder)
    owner.log(range(10))
    owner.journal()
    owner.log(range(10, 20))
    [record] = owner.records()
    file = owner.backlog.file
    assert file is not None
    flight = owner.ring.flight(record, file.size)
    flight.__enter__()
    if is_written:
        file.append(record)
    owner.ring.free_calls(record.slots[:freed])
    owner.die()
    assert steps(left(folder)) == list(range(20))


@pytest.mark.parametrize("is_written", [True, False])
def test_a_call_that_is_cut_into_two_records_is_taken_over_once(folder: JournalFolder, is_written: bool) -> None:
    owner = Owner(folder)
    keys = {f"key {number}": float(number) for number in range(10)}
    calls = BATCH_POINTS_MAX // 10 + 1
    owner.buffer.add("known", {"first": 0.0}, 0, 1.0)  # so that the batch ends inside a call
    for step in range(calls):
        owner.buffer.add("known", keys, step, 1.0)
    first, second = owner.records()
    assert first.upto == 9
    assert owner.backlog.append(first)
    file = owner.backlog.file
    assert file is not None
    if is_written:
        with owner.ring.flight(second, file.size):
            file.append(second)
            owner.ring.abandon()
    owner.die()
    records = left(folder)
    points = [point for one in records for point in points_of(pb.LogMetricsBatchRequest.FromString(one.request))]
    assert len(points) == len(set(points)) == 10 * calls + 1


def test_the_recorder_never_takes_a_part_of_a_call(folder: JournalFolder) -> None:
    owner = Owner(folder)
    owner.buffer.add("known", {f"key {number}": 0.5 for number in range(10)}, 1, 1.0)
    owner.buffer.add("known", {"loss": 0.5}, 2, 1.0)
    assert len(owner.buffer.take(3)) == 10
    assert len(owner.buffer.take(3)) == 1
    owner.die()


@pytest.mark.parametrize("size", [1, PART_BYTES - 100, PART_BYTES, 5 * PART_BYTES, RING_CALL_BYTES_MAX - 100])
def test_a_call_of_several_slots_is_kept_as_a_whole(folder: JournalFolder, size: int) -> None:
    owner = Owner(folder)
    owner.buffer.add_call(Record("UpdateMetadata", bytes(size), key="long"))
    assert not owner.ring.is_empty
    owner.die()
    [record] = left(folder)
    assert (record.request, record.key) == (bytes(size), "long")


def test_slots_of_long_calls_are_free_again_once_they_are_journaled(folder: JournalFolder) -> None:
    owner = Owner(folder)
    for number in range(5):
        owner.buffer.add_call(Record("UpdateMetadata", bytes(RING_CALL_BYTES_MAX // 2), key=str(number)))
        for entry in owner.buffer.take(10):
            assert isinstance(entry, Record)
            assert entry.is_kept
            owner.backlog.append(entry)
    assert owner.ring.is_empty
    owner.die()
    assert [record.key for record in left(folder)] == list("01234")


def test_a_full_ring_neither_blocks_nor_drops(folder: JournalFolder) -> None:
    owner = Owner(folder)
    owner.log(range(SLOTS + 10))
    assert owner.ring.keep(b"one more") == NO_SLOT
    assert owner.buffer.waiting == SLOTS + 10
    assert owner.buffer.dropped == 0
    owner.journal(SLOTS + 10)
    assert owner.ring.is_empty
    owner.die()
    assert steps(left(folder)) == list(range(SLOTS + 10))


def test_a_torn_slot_is_passed_over(folder: JournalFolder) -> None:
    """One whose owner was killed while it wrote: that call has not returned."""
    owner = Owner(folder)
    owner.log(range(3))
    path = owner.ring.path
    owner.die()
    data = bytearray(path.read_bytes())
    data[data.index(b"loss")] ^= 0xFF
    path.write_bytes(data)
    assert len(steps(left(folder))) == 2


def test_a_ring_whose_owner_runs_is_left_to_it(folder: JournalFolder) -> None:
    owner = Owner(folder)
    owner.log(range(3))
    owner.journal()
    owner.log(range(3, 5))
    assert Ring.take(owner.ring.path) is None
    pour_orphans(folder)
    [path] = folder.journals()
    assert take(folder, path) is None
    owner.die()
    assert steps(left(folder)) == list(range(5))


def test_what_finds_no_room_in_a_journal_stays_in_the_ring(
    folder: JournalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = Owner(folder)
    owner.log(range(3))
    owner.die()
    monkeypatch.setattr(JournalFolder, "create", _full_disk)
    pour_orphans(folder)
    monkeypatch.undo()
    assert steps(left(folder)) == [0, 1, 2]


def _full_disk(*_: object, **__: object) -> None:
    raise OSError("no room")


def test_a_ring_takes_room_that_is_there(folder: JournalFolder) -> None:
    """A file with holes would end the process (SIGBUS) where the disk is full when it writes to one."""
    owner = Owner(folder)
    found = owner.ring.path.stat()
    assert found.st_blocks * 512 >= RING_BYTES == found.st_size
    assert found.st_mode & 0o777 == 0o600
    assert owner.ring.path.parent.stat().st_mode & 0o777 == 0o700
    owner.die()


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_account_is_refused(
    folder: JournalFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shm"
    shared.mkdir()
    monkeypatch.setattr(ring_folders, "SHARED_MEMORY", shared)
    theirs = shared / f"modelbox-{os.getuid()}"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 65534, 65534)
    ring = folder.create_ring()
    assert ring is None or ring.path.parent == folder.settings.folder
    assert list(theirs.iterdir()) == []


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p", "virtiofs", "lustre", "btrfs", "overlay"])
def test_no_ring_is_mapped_where_a_write_may_find_no_room(
    folder: JournalFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mounts = tmp_path / "mountinfo"
    at = str(tmp_path.parent).replace(" ", "\\040")
    mounts.write_text(
        f"21 1 8:1 / / rw - ext4 /dev/a rw\n30 21 0:5 / {at} rw,relatime shared:1 - {kind} host:/home rw\n"
    )
    monkeypatch.setattr(ring_folders, "_MOUNTS", mounts)
    monkeypatch.setattr(ring_folders, "SHARED_MEMORY", tmp_path / "none")
    assert ring_folders.mounted_as(folder.settings.folder) == kind
    assert folder.create_ring() is None


def test_without_shared_memory_a_ring_is_beside_its_journal(
    folder: JournalFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("21 1 8:1 / / rw - ext4 /dev/a rw\n")
    monkeypatch.setattr(ring_folders, "_MOUNTS", mounts)
    monkeypatch.setattr(ring_folders, "SHARED_MEMORY", tmp_path / "none")
    owner = Owner(folder)
    assert owner.ring.path.parent == folder.settings.folder
    owner.log(range(3))
    owner.die()
    assert steps(left(folder)) == [0, 1, 2]


def test_rings_of_ended_processes_count_among_the_journals_that_wait(folder: JournalFolder) -> None:
    owner = Owner(folder)
    owner.log(range(3))
    owner.buffer.add_call(Record("LogEvent", b"", key="event"))
    owner.die()
    [found] = waiting_journals(folder.settings)
    assert (found.points, found.calls, found.in_use, found.server_addr) == (3, 1, False, folder.address)


@pytest.mark.parametrize("age_s, is_swept", [(25 * 3600.0, True), (3600.0, False)])
def test_a_ring_whose_journals_somebody_removed_is_removed_after_a_day(
    folder: JournalFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_s: float, is_swept: bool
) -> None:
    gone = Owner(folder_of(tmp_path / "gone"))
    gone.log(range(3))
    gone.die()
    (tmp_path / "gone").rmdir()
    monkeypatch.setattr(ring_folders, "time", lambda: time() + age_s)
    owner = Owner(folder)
    assert gone.ring.path.exists() is not is_swept
    gone.ring.path.unlink(missing_ok=True)
    owner.die()


KILLED = """
import mmap, os, sys
from pathlib import Path
from tests.unit.test_sdk_ring import Owner
from modelbox.syncing import waiting_journals
from tests.unit.journal_server import folder_of
counter = mmap.mmap(os.open(sys.argv[2], os.O_RDWR), 8)
owner = Owner(folder_of(Path(sys.argv[1])))
print("ready", flush=True)
step = 0
while True:
    owner.log(range(step, step + 1))
    step += 1
    counter[:8] = step.to_bytes(8, "little")
    if step % 50 == 0:
        owner.journal()
"""


@pytest.mark.parametrize("attempt", range(5))
def test_no_call_that_returned_is_lost_to_sigkill(folder: JournalFolder, tmp_path: Path, attempt: int) -> None:
    counter = tmp_path / "counter"
    counter.write_bytes(bytes(8))
    command = [sys.executable, "-c", KILLED, str(folder.settings.folder), str(counter)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        while int.from_bytes(counter.read_bytes(), "little") < 1000 + 137 * attempt:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(TIMEOUT_S)
    returned = int.from_bytes(counter.read_bytes(), "little")
    found = steps(left(folder))
    assert found == list(range(len(found)))
    assert returned <= len(found) <= returned + 1

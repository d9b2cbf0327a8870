"""Who waits for all that was logged before: is told once that is answered, whatever passed it meanwhile."""

import errno
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from modelbox.journal import backlog as backlog_module
from modelbox.journal.backlog import Backlog
from modelbox.journal.compaction import compact
from modelbox.journal.file import JournalFile
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.frames import Block
from modelbox.journal.record import Record

STEPS = 300


def folder_of(path: Path) -> JournalFolder:
    return JournalFolder(JournalSettings(path, free_bytes_min=0), "server:8085")


def record(number: int) -> Record:
    return Record("LogEvent", bytes(100), key=str(number))


@pytest.mark.parametrize("journaled", [True, False])
def test_what_was_logged_later_and_passes_is_not_counted(tmp_path: Path, *, journaled: bool) -> None:
    backlog = Backlog(folder_of(tmp_path) if journaled else None)
    reached: list[str] = []
    stuck, later = record(1), record(2)
    backlog.append(stuck)
    backlog.mark(lambda: reached.append("stuck"))
    backlog.append(later)
    backlog.mark(lambda: reached.append("later"))
    assert backlog.next(lambda one: one is not stuck) is later
    backlog.answer(later)
    assert reached == []
    backlog.answer(stuck)
    assert reached == ["stuck", "later"]
    backlog.close()


def test_records_that_are_read_back_from_a_taken_journal_are_counted_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog_module, "WINDOW_BYTES_MAX", 1_500)
    folder = folder_of(tmp_path)
    before = Backlog(folder)
    for number in range(10):
        before.append(record(number))
    before.close()
    [path] = folder.journals()
    file = folder.take(path)
    assert file is not None
    backlog = Backlog.of(folder, file)
    reached: list[bool] = []
    backlog.mark(lambda: reached.append(True))
    backlog.append(record(10))
    while (passing := backlog.next(lambda one: one.key != "3")) is not None:
        backlog.answer(passing)
    assert (reached, backlog.waiting.records) == ([], 1)
    last = backlog.first()
    assert last is not None
    backlog.answer(last)
    assert reached == [True]
    backlog.close()


class Disk:
    """Refuses to be written or read, when told so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = self.is_broken = False
        append, read = JournalFile.append, JournalFile.read

        def append_if_there_is_room(file: JournalFile, one: Record) -> None:
            if self.is_full:
                fail()
            append(file, one)

        def read_if_it_works(file: JournalFile, place: int) -> Block:
            return fail() if self.is_broken else read(file, place)

        monkeypatch.setattr(JournalFile, "append", append_if_there_is_room)
        monkeypatch.setattr(JournalFile, "read", read_if_it_works)


def fail() -> NoReturn:
    raise OSError(errno.EIO, "the disk fails")


class Story:
    """A backlog, and what its markers are to wait for: any step, one after the other."""

    def __init__(self, folder: JournalFolder, disk: Disk, chance: random.Random) -> None:
        self.backlog = Backlog(folder)
        self.waiting: list[str] = []
        self.reached: set[int] = set()
        self._expected: dict[int, set[str]] = {}
        self._folder, self._disk, self._chance = folder, disk, chance

    @property
    def expected(self) -> set[int]:
        """The markers before which nothing waits."""
        return {mark for mark, before in self._expected.items() if not before & set(self.waiting)}

    def append(self, number: int) -> None:
        assert self.backlog.append(record(number))
        self.waiting.append(str(number))

    def mark(self, number: int) -> None:
        self._expected[number] = set(self.waiting)
        self.backlog.mark(partial(self.reached.add, number))

    def answer(self, _: int = 0) -> None:
        if self.waiting:
            meant = self._chance.choice(self.waiting)
            found = self.backlog.next(lambda one: one.key == meant) or self.backlog.first()
            assert found is not None
            self.waiting.remove(found.key)
            self.backlog.answer(found)

    def fill(self, _: int) -> None:
        self._disk.is_full = not self._disk.is_full

    def compact(self, _: int) -> None:
        before = self.backlog.file
        compact(self.backlog, self._folder, repack=lambda records: records)
        if self.backlog.file is not before:
            # Where a marker stood is not known then.
            for mark in self._expected.keys() - self.expected:
                self._expected[mark] = set(self.waiting)

    def fail(self, _: int) -> None:
        if self._chance.random() < 0.1:
            self._disk.is_broken = True
            self.backlog.next(lambda _: False)
            self._disk.is_broken = False
            if self.backlog.file is None:
                self.waiting = [one.key for one in self.backlog.select(lambda _: True)]


@pytest.mark.parametrize("seed", range(40))
def test_a_marker_is_reached_when_all_before_it_is_answered_and_not_sooner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Through a disk that fills up and fails, a file that is written anew, and answers in any order."""
    monkeypatch.setattr(backlog_module, "JOURNAL_RETRY_S", 0.0)
    monkeypatch.setattr(backlog_module, "WINDOW_BYTES_MAX", 4_000)
    chance = random.Random(seed)  # noqa: S311  # no secret
    disk = Disk(monkeypatch)
    story = Story(folder_of(tmp_path), disk, chance)
    steps: list[Callable[[int], None]] = [
        *[story.append] * 3,
        story.mark,
        *[story.answer] * 2,
        story.fill,
        story.compact,
        story.fail,
    ]
    for number in range(STEPS):
        chance.choice(steps)(number)
        assert len(story.waiting) == story.backlog.waiting.records
        assert story.reached == story.expected
    disk.is_full = False
    while story.waiting:
        story.answer()
        assert story.reached == story.expected
    assert story.backlog.in_file.records == story.backlog.waiting.records == 0
    story.backlog.close()

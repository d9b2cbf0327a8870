"""What several processes left is sent in the order in which it was logged, whenever their files were written anew."""

import threading
from pathlib import Path
from time import time

import pytest

from modelbox.delivery.attempts import Attempts
from modelbox.delivery.buffer import Point
from modelbox.delivery.columns import records_of, repacked
from modelbox.delivery.reachability import Reachability
from modelbox.delivery.takeover import Takeover
from modelbox.ids import new_key
from modelbox.journal.backlog import Backlog
from modelbox.journal.compaction import compact
from modelbox.journal.file import read_header
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.record import Record

ADDRESS = "server:8085"


def folder_of(path: Path) -> JournalFolder:
    return JournalFolder(JournalSettings(path, free_bytes_min=0), ADDRESS)


def value(text: bytes, logged_at: float) -> Record:
    return Record("UpdateMetadata", text, key=new_key(logged_at))


def leave(folder: JournalFolder, *records: Record, compacted: bool = False) -> Path:
    """Leave a journal with these records, in a file that was made now."""
    backlog = Backlog(folder)
    for record in records:
        backlog.append(record)
    if compacted:
        compact(backlog, folder, repack=repacked)
    path = Path(backlog.path)
    backlog.close()
    return path


def taken_over(folder: JournalFolder) -> list[bytes]:
    """Send all journals; return the requests in their order."""
    sent: list[bytes] = []

    def send(record: Record) -> bytes:
        sent.append(record.request)
        return b""

    Takeover(folder, Attempts(send, lambda _: False, stop=threading.Event(), reachability=Reachability())).run()
    return sent


def test_a_journal_that_was_written_anew_keeps_its_place_before_one_that_began_later(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    older = Backlog(folder)
    older.append(value(b"old", 100.0))
    begun = read_header(Path(older.path))
    leave(folder, value(b"new", 200.0))
    compact(older, folder, repack=repacked)
    assert read_header(Path(older.path)) == begun
    older.close()
    assert taken_over(folder) == [b"old", b"new"]


def test_a_file_that_began_early_does_not_send_its_later_values_first(tmp_path: Path) -> None:
    """A process empties its file and goes on with it: what it holds then is newer than the file."""
    folder = folder_of(tmp_path)
    early = Backlog(folder)
    answered = value(b"answered", 50.0)
    early.append(answered)
    leave(folder, value(b"old", 100.0))
    early.answer(answered)
    early.append(value(b"new", 200.0))
    early.close()
    assert taken_over(folder) == [b"old", b"new"]


@pytest.mark.parametrize("compacted", [True, False])
def test_values_of_journals_that_ran_side_by_side_are_sent_in_their_order(tmp_path: Path, *, compacted: bool) -> None:
    folder = folder_of(tmp_path)
    leave(folder, *(value(b"%d" % at, at) for at in (1, 4, 5, 9)), compacted=compacted)
    leave(folder, *(value(b"%d" % at, at) for at in (2, 3, 8)), compacted=compacted)
    leave(folder, *(value(b"%d" % at, at) for at in (6, 7)), compacted=compacted)
    assert taken_over(folder) == [b"%d" % at for at in range(1, 10)]
    assert not list(tmp_path.iterdir())


def test_the_switches_between_journals_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelbox.delivery.takeover.TAKEOVER_SWITCHES_MAX", 2)
    folder = folder_of(tmp_path)
    leave(folder, *(value(b"%d" % at, at) for at in (1, 3, 5, 7)))
    leave(folder, *(value(b"%d" % at, at) for at in (2, 4, 6, 8)))
    assert taken_over(folder) == [b"1", b"2", b"3", b"5", b"7", b"4", b"6", b"8"]
    assert not list(tmp_path.iterdir())


def test_points_that_are_put_together_keep_the_time_of_the_first(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    records = [record for at in (100.0, 101.0) for record in records_of([Point("o", "k", 1, at, 1.0)], logged_at=at)]
    backlog = Backlog(folder)
    for record in records:
        backlog.append(record)
    compact(backlog, folder, repack=repacked)
    first = backlog.first()
    assert first is not None
    assert (first.points, first.logged_at) == (2, 100.0)
    backlog.close()


def test_a_record_of_an_earlier_version_is_as_old_as_its_file(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    leave(folder, Record("UpdateMetadata", b"old", key=new_key(0.0)))
    leave(folder, value(b"new", time() + 1.0))
    assert Record("UpdateMetadata", b"old", key=new_key(0.0)).logged_at == 0.0
    assert taken_over(folder) == [b"old", b"new"]

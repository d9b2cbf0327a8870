"""Who takes a ring over may itself be killed, come second, or find the journal unfinished: each point stays once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelbox.delivery.columns import points_of
from modelbox.delivery.pouring import take
from modelbox.journal.file import JournalFile
from modelbox.journal.folder import JournalFolder, NoRoomError
from modelbox.journal.locks import lock
from modelbox.journal.record import Record
from modelbox.limits import BATCH_SERIES_MAX
from modelbox.proto import modelstore_pb2 as pb
from tests.unit.journal_server import folder_of
from tests.unit.test_sdk_ring import Owner, left, steps


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[JournalFolder]:
    folder = folder_of(tmp_path / "journals")
    yield folder
    for stem in list(folder.ring_folders.stems()):
        path = folder.ring_folders.of(stem)
        assert path is not None
        path.unlink()


def keys_of(records: list[Record]) -> list[str]:
    return [point.key for one in records for point in points_of(pb.LogMetricsBatchRequest.FromString(one.request))]


def sent_from_memory(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> Record:
    """Have a record sent that its journal has no room for; the answer is not there yet."""
    monkeypatch.setattr(JournalFolder, "check_room", no_room)
    owner.journal()
    record = owner.backlog.first()
    assert record is not None
    assert record.place is None
    owner.backlog.tried(record, 1.7e9)
    monkeypatch.undo()
    return record


def no_room(*_: object) -> None:
    raise NoRoomError("full")


def test_a_record_in_no_journal_that_was_sent_is_sent_again_with_its_key(
    folder: JournalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may have it."""
    owner = Owner(folder)
    owner.log(range(10))
    sent = sent_from_memory(owner, monkeypatch)
    owner.log(range(10, 20))
    owner.die()
    first, second = left(folder)
    assert (first.key, first.request, first.tried_at) == (sent.key, sent.request, 1_700_000_000)
    assert steps([second]) == list(range(10, 20))


@pytest.mark.parametrize("freed", [0, 3, 10])
def test_a_record_in_no_journal_that_was_answered_is_not_sent_again(
    folder: JournalFolder, monkeypatch: pytest.MonkeyPatch, freed: int
) -> None:
    """Its owner was killed while it gave the slots free."""
    owner = Owner(folder)
    owner.log(range(10))
    sent = sent_from_memory(owner, monkeypatch)
    owner.log(range(10, 20))

    def die(record: Record) -> None:
        owner.ring.free_calls(record.slots[:freed])
        raise KeyboardInterrupt

    monkeypatch.setattr(owner.ring, "free", die)
    with pytest.raises(KeyboardInterrupt):
        owner.backlog.answer(sent)
    owner.die()
    assert steps(left(folder)) == list(range(10, 20))


def test_a_part_of_a_call_in_no_journal_that_was_sent_is_sent_again_with_its_key(
    folder: JournalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = Owner(folder)
    keys = {f"key {number}": float(number) for number in range(3 * BATCH_SERIES_MAX)}
    owner.buffer.add("known", keys, 0, 1.0)
    first = sent_from_memory(owner, monkeypatch)
    owner.backlog.answer(first)
    second = owner.backlog.first()
    assert second is not None
    owner.backlog.tried(second, 1.7e9)
    owner.die()
    again, last = left(folder)
    assert (again.key, again.request) == (second.key, second.request)
    assert keys_of([first, again, last]) == list(keys)


def test_a_record_that_was_sent_and_then_journaled_is_forgotten(
    folder: JournalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in its slots later is another call, also if it says the same."""
    owner = Owner(folder)
    owner.log(range(1))
    sent = sent_from_memory(owner, monkeypatch)
    monkeypatch.setattr("modelbox.journal.backlog.JOURNAL_RETRY_S", 0.0)
    owner.backlog._retry_at = 0.0
    owner.log(range(1, 2))
    owner.journal()
    assert sent.place is not None
    owner.log(range(1))
    owner.die()
    *_, last = left(folder)
    assert steps([last]) == [0]
    assert last.key != sent.key


@pytest.mark.parametrize("written", [1, 2, 3])
def test_a_call_of_many_records_that_is_taken_over_by_halves_is_recorded_once(
    folder: JournalFolder, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """Its owner was killed after the first, whoever took it over found no room after a further one."""
    owner = Owner(folder)
    keys = {f"key {number}": float(number) for number in range(4 * BATCH_SERIES_MAX)}
    owner.buffer.add("known", keys, 0, 1.0)
    first, *_ = owner.records()
    assert owner.backlog.append(first)
    owner.die()

    append, room = JournalFile.append, iter(range(written))

    def append_while_there_is_room(file: JournalFile, record: Record) -> None:
        if next(room, None) is None:
            raise OSError("no room")
        append(file, record)

    [path] = folder.journals()
    monkeypatch.setattr(JournalFile, "append", append_while_there_is_room)
    file = take(folder, path)
    assert file is not None
    file.close()
    monkeypatch.undo()
    assert keys_of(left(folder)) == list(keys)


@pytest.mark.parametrize("size", [0, 10])
def test_a_process_killed_while_it_made_its_journal_loses_nothing(folder: JournalFolder, size: int) -> None:
    owner = Owner(folder)
    owner.log(range(10))
    stem = folder.ring_folders.stem_of(owner.ring)
    folder.settings.folder.joinpath(f"{stem}.journal").write_bytes(bytes(size))
    owner.die()
    assert steps(left(folder)) == list(range(10))


def test_a_journal_is_not_taken_while_somebody_has_its_ring(folder: JournalFolder) -> None:
    """One that looks at it, or a dying owner: sent without it, the record on its way would be recorded twice."""
    owner = Owner(folder)
    owner.log(range(10))
    [record] = owner.records()
    file = owner.backlog._create(folder)  # as the first record makes it
    owner.ring.flight(record, file.size).__enter__()
    file.append(record)
    file.close()
    owner.die()
    other = os.open(owner.ring.path, os.O_RDWR)
    lock(other)
    [path] = folder.journals()
    assert take(folder, path) is None
    os.close(other)
    assert steps(left(folder)) == list(range(10))


def test_what_is_no_ring_keeps_nobody_from_its_journal(folder: JournalFolder) -> None:
    owner = Owner(folder)
    owner.log(range(10))
    owner.journal()
    owner.log(range(10, 20))
    owner.die()
    with owner.ring.path.open("r+b") as ring:
        ring.write(bytes(100))
    [path] = folder.journals()
    file = take(folder, path)
    assert file is not None
    file.close()

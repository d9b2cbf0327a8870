"""A journal's file: what is read back of what was written, whatever happened to it, and who may have it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelbox.journal.file import DAMAGED_SUFFIX, JournalFile
from modelbox.journal.folder import JournalFolder, JournalSettings, unanswered
from modelbox.journal.frames import Header, encode_frame, encode_header, parse
from modelbox.journal.record import Record
from modelbox.limits import WINDOW_READ_BYTES

ADDRESS = "server:8085"


def create(folder: Path) -> JournalFile:
    return JournalFolder(JournalSettings(folder, free_bytes_min=0), ADDRESS).create()


def content(record: Record) -> tuple[str, str, bytes, int]:
    return record.method, record.key, record.request, record.points


def written(file: JournalFile, count: int, *, size: int = 20) -> list[Record]:
    records = [Record("LogEvent", number.to_bytes(4, "big") * size, points=number) for number in range(count)]
    for record in records:
        file.append(record)
    return records


def read_all(file: JournalFile) -> list[Record]:
    records, place = [], file.first
    while place < file.size:
        block = file.read(place)
        assert block.end > place
        assert block.damaged_bytes == 0
        records += block.records
        place = block.end
    return records


def test_what_is_written_is_read_back_in_order(tmp_path: Path) -> None:
    file = create(tmp_path / "a" / "b")
    records = written(file, 100)
    assert list(map(content, read_all(file))) == list(map(content, records))
    assert [record.place for record in read_all(file)] == [record.place for record in records]
    assert list(map(content, unanswered(file.path))) == list(map(content, records))
    file.close()


def test_records_longer_than_one_read_are_read(tmp_path: Path) -> None:
    file = create(tmp_path)
    records = [Record("LogMetricsBatch", os.urandom(size)) for size in (WINDOW_READ_BYTES - 100, 3 * 2**20, 5, 2**20)]
    for record in records:
        file.append(record)
    assert list(map(content, read_all(file))) == list(map(content, records))
    file.close()


def test_marks_are_kept_and_answered_records_left_out(tmp_path: Path) -> None:
    file = create(tmp_path)
    first, second, third = written(file, 3)
    second.tried_at = 1_700_000_000
    file.mark_tried(second)
    file.mark_answered(first)
    assert [(record.key, record.tried_at) for record in read_all(file)] == [
        (second.key, 1_700_000_000),
        (third.key, 0),
    ]
    file.close()


def test_a_mark_that_is_no_known_one_means_that_the_record_may_have_been_sent(tmp_path: Path) -> None:
    file = create(tmp_path)
    [record] = written(file, 1)
    assert record.place is not None
    with file.path.open("r+b") as raw:
        raw.seek(record.place + 4)
        raw.write(b"wxit")
    assert [found.tried_at for found in read_all(file)] == [1]
    file.close()


def test_one_has_a_journal_at_a_time(tmp_path: Path) -> None:
    file = create(tmp_path)
    written(file, 1)
    assert JournalFile.take(file.path) is None
    file.close()
    taken = JournalFile.take(file.path)
    assert taken is not None
    assert taken.address == ADDRESS
    assert len(read_all(taken)) == 1
    taken.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_was_replaced_meanwhile_is_not_taken(tmp_path: Path) -> None:
    file = create(tmp_path)
    descriptor = os.open(file.path, os.O_RDWR)
    file.close()
    other = create(tmp_path)
    other.path.rename(file.path)
    other.close()
    from modelbox.journal import file as module  # noqa: PLC0415  # what is inside it is tested only here

    assert module._locked_opening(file.path, descriptor) is None
    os.close(descriptor)


@pytest.mark.parametrize("length", [0, 5, 31])
def test_a_file_whose_writer_was_killed_at_once_is_removed(tmp_path: Path, length: int) -> None:
    data, _ = encode_header(Header(ADDRESS))
    path = tmp_path / "x.journal"
    path.write_bytes(data[:length])
    assert JournalFile.take(path) is None
    assert not path.exists()


def test_a_file_with_a_damaged_head_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data, _ = encode_header(Header(ADDRESS))
    path = tmp_path / "x.journal"
    path.write_bytes(data[:40] + b"#" + data[41:])
    assert JournalFile.take(path) is None
    assert [found.name for found in tmp_path.iterdir()] == ["x.journal" + DAMAGED_SUFFIX]
    assert "damaged" in caplog.text


def test_a_journal_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.journal"
    path.write_bytes(b"MBJRNL\x02\n" + bytes(100))
    assert JournalFile.take(path) is None
    assert path.exists()


def test_journals_of_another_server_or_of_nobody_known_are_not_offered(tmp_path: Path) -> None:
    folder = JournalFolder(JournalSettings(tmp_path, free_bytes_min=0), ADDRESS)
    ours = folder.create()
    theirs = JournalFolder(JournalSettings(tmp_path, free_bytes_min=0), "other:1").create()
    (tmp_path / "notes.journal").write_text("not one of ours")
    assert list(folder.journals()) == [ours.path]
    assert set(folder.journals(of_any_server=True)) == {ours.path, theirs.path}
    ours.close()
    theirs.close()


SALT = b"s" * 16
BASE = 100
bodies = st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 1), st.booleans()), max_size=12)


def frames_of(given: list[tuple[bytes, int, bool]]) -> tuple[bytes, list[Record]]:
    data, records = b"", []
    for request, tried_at, is_inner in given:
        # Some hold the frame of another journal, and of this one at another place.
        inner = encode_frame(Record("LogEvent", b"inner"), place=len(data), salt=SALT) if is_inner else b""
        record = Record("LogMetricsBatch", request + inner, points=len(request), tried_at=tried_at)
        record.place = BASE + len(data)
        data += encode_frame(record, place=record.place, salt=SALT)
        records.append(record)
    return data, records


@given(bodies, st.integers(0, 2000))
def test_any_prefix_yields_the_records_that_are_whole_in_it(given: list[tuple[bytes, int, bool]], cut: int) -> None:
    data, records = frames_of(given)
    part = data[:cut]
    block = parse(part, place=BASE, salt=SALT, last=True)
    ends = [record.place for record in records[1:]] + [BASE + len(data)]
    whole = [record for record, end in zip(records, ends, strict=False) if end is not None and end <= BASE + len(part)]
    assert list(map(content, block.records)) == list(map(content, whole))
    assert block.end == BASE + len(part)


@given(bodies, st.integers(1, 2000))
def test_reading_in_parts_of_any_size_is_reading_at_once(given: list[tuple[bytes, int, bool]], step: int) -> None:
    data, records = frames_of(given)
    found, place, size = [], BASE, step
    while place < BASE + len(data):
        part = data[place - BASE : place - BASE + size]
        block = parse(part, place=place, salt=SALT, last=place + len(part) == BASE + len(data))
        assert block.damaged_bytes == 0
        found += block.records
        size = step if block.end > place else max(2 * size, block.need)
        place = block.end
    assert list(map(content, found)) == list(map(content, records))


edits = st.lists(
    st.tuples(
        st.sampled_from(["change", "insert", "delete"]), st.integers(0, 10_000), st.binary(min_size=1, max_size=40)
    ),
    min_size=1,
    max_size=4,
)


@given(bodies, edits, st.integers(1, 400))
def test_no_damage_yields_a_wrong_record(
    given: list[tuple[bytes, int, bool]], edits: list[tuple[str, int, bytes]], step: int
) -> None:
    data, records = frames_of(given)
    damaged = bytearray(data)
    for kind, place, what in edits:
        at = place % (len(damaged) + 1)
        end = at if kind == "insert" else at + len(what)
        damaged[at:end] = b"" if kind == "delete" else what
    known = {content(record) for record in records}
    found, place, size = [], BASE, step
    while place < BASE + len(damaged):
        part = bytes(damaged[place - BASE : place - BASE + size])
        block = parse(part, place=place, salt=SALT, last=place + len(part) == BASE + len(damaged))
        found += block.records
        size = step if block.end > place else max(2 * size, block.need)
        place = block.end
    assert {content(record) for record in found} <= known
    places = [record.place for record in found if record.place is not None]
    assert places == sorted(set(places))


@given(bodies, st.data())
def test_damage_of_one_record_spares_the_others(given: list[tuple[bytes, int, bool]], draw: st.DataObject) -> None:
    data, records = frames_of(given)
    if not records:
        return
    hit = draw.draw(st.sampled_from(records))
    assert hit.place is not None
    at = hit.place - BASE + draw.draw(st.integers(20, 19 + hit.body_bytes))
    damaged = data[:at] + bytes([data[at] ^ draw.draw(st.integers(1, 255))]) + data[at + 1 :]
    block = parse(damaged, place=BASE, salt=SALT, last=True)
    assert list(map(content, block.records)) == [content(record) for record in records if record is not hit]
    assert block.damaged_bytes > 0

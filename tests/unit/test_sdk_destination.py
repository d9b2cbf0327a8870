"""Which log a journal goes to: that of its first contact, for good; one of an earlier version learns to say it."""

import struct
import threading
import zlib
from pathlib import Path

import msgspec
import pytest

from modelbox.delivery.attempts import Attempts
from modelbox.delivery.destination import Destination
from modelbox.delivery.reachability import Reachability
from modelbox.delivery.takeover import Sent, Takeover
from modelbox.errors import AnotherLogError, UnavailableError, UnsupportedError
from modelbox.home import HomeLog
from modelbox.journal.backlog import Backlog
from modelbox.journal.file import JournalFile, read_header
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.frames import MAGIC, encode_frame
from modelbox.journal.record import Record

ADDRESS = "server:8085"
A, B = "0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f", "0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e60"
OLDER_HEADER = {"address": ADDRESS, "host": "trainer", "pid": 7, "created_at": 1.7e9}


def folder_of(path: Path, home: HomeLog | None = None) -> JournalFolder:
    return JournalFolder(JournalSettings(path, free_bytes_min=0), ADDRESS, home=home)


def write_older_journal(path: Path, records: int) -> Path:
    """Write a journal as versions did that knew nothing of logs."""
    path.mkdir(exist_ok=True)
    body, salt = msgspec.json.encode(OLDER_HEADER), bytes(range(16))
    data = struct.pack("<8s16sII", MAGIC, salt, len(body), zlib.crc32(body, zlib.crc32(salt))) + body
    for number in range(records):
        data += encode_frame(Record("UpdateMetadata", b"%d" % number), place=len(data), salt=salt)
    file = path / "older.journal"
    file.write_bytes(data)
    return file


class Server:
    """Has a log, and takes so many records before it goes away."""

    def __init__(self, log: str, *, takes: int = 1_000) -> None:
        self.log = log
        self.takes = takes
        self.taken: list[bytes] = []

    def send(self, record: Record) -> bytes:
        if len(self.taken) >= self.takes:
            raise UnavailableError("away")
        self.taken.append(record.request)
        return b""

    def take_over(self, path: Path, *, takes_foreign: bool = False) -> list[Sent]:
        home = HomeLog()
        destination = Destination(lambda: self.log, home, address=ADDRESS, takes_foreign=takes_foreign)
        attempts = Attempts(
            self.send,
            lambda _: False,
            stop=threading.Event(),
            reachability=Reachability(),
            destination=destination,
            away_s_max=0,
        )
        takeover = Takeover(folder_of(path, home), attempts)
        try:
            return takeover.run()
        except UnavailableError:
            return list(takeover.done.values())


def test_a_journal_of_an_earlier_version_is_bound_to_the_first_log_that_takes_it(tmp_path: Path) -> None:
    file = write_older_journal(tmp_path, 3)
    first = Server(A, takes=1)
    first.take_over(tmp_path)
    header = read_header(file)
    assert header is not None
    assert (header.log, header.host, header.pid, header.created_at) == (A, "trainer", 7, 1.7e9)
    other = Server(B)
    [sent] = other.take_over(tmp_path)
    assert (other.taken, sent.waiting) == ([], 2)
    assert A in sent.trouble
    again = Server(A)
    again.take_over(tmp_path)
    assert first.taken + again.taken == [b"0", b"1", b"2"]
    assert not list(tmp_path.iterdir())


def test_a_server_too_old_to_say_its_log_takes_what_is_meant_for_none(tmp_path: Path) -> None:
    write_older_journal(tmp_path, 3)
    server = Server("")
    server.take_over(tmp_path)
    assert len(server.taken) == 3


def test_a_server_too_old_to_say_its_log_does_not_get_what_is_meant_for_one(tmp_path: Path) -> None:
    file = folder_of(tmp_path, HomeLog(A)).create()
    file.append(Record("UpdateMetadata", b"0"))
    file.close()
    server = Server("")
    [sent] = server.take_over(tmp_path)
    assert (server.taken, sent.waiting) == ([], 1)
    server.take_over(tmp_path, takes_foreign=True)
    assert server.taken == [b"0"]


def test_a_journal_keeps_its_room_for_a_log_and_its_records_when_it_is_bound(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    file = folder.create()
    file.append(Record("UpdateMetadata", b"0"))
    assert file.bind(A)
    assert file.bind(B)
    path = file.path
    file.close()
    taken = JournalFile.take(path)
    assert taken is not None
    assert taken.header.log == B
    assert [record.request for record in taken.read(taken.first).records] == [b"0"]
    taken.close()


def test_a_client_stays_with_the_first_log_that_it_heard_of() -> None:
    logs = iter([A, B, "", A])
    home = HomeLog()
    destination = Destination(lambda: next(logs), home, address=ADDRESS)
    backlog = Backlog(None)
    destination.check(backlog)
    for _ in range(2):
        destination.doubt()
        with pytest.raises(AnotherLogError):
            destination.check(backlog)
    destination.doubt()
    destination.check(backlog)
    assert home.id == A


def test_a_server_that_cannot_say_its_log_is_asked_no_more_than_once_and_may_still_record() -> None:
    asked = []

    def which_log() -> str:
        asked.append(1)
        raise UnsupportedError("a proxy")

    destination = Destination(which_log, HomeLog(), address=ADDRESS)
    backlog = Backlog(None)
    destination.check(backlog)
    destination.check(backlog)
    assert len(asked) == 1

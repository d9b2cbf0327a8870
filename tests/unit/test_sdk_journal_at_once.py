"""What is delivered at once: in the journal when the call returns, with and without threads."""

import threading
from pathlib import Path

import pytest

from modelbox.delivery.buffer import Buffer, Entry
from modelbox.delivery.courier import Courier
from modelbox.delivery.outcomes import Outcomes
from modelbox.delivery.recorder import Recorder
from modelbox.delivery.rhythm import Rhythm
from modelbox.journal.backlog import Backlog
from modelbox.journal.folder import unanswered
from modelbox.journal.record import Record
from modelbox.limits import TAKEOVER_S
from tests.unit.journal_server import WAIT_S, Server, close, folder_of, until


def test_what_is_delivered_at_once_is_in_the_journal_when_the_call_returns(tmp_path: Path) -> None:
    """In the order of the calls, also behind one that still waits for the recorder, or without a thread at all."""
    folder = folder_of(tmp_path)
    courier = Courier(Server(away=True).send, folder=folder)
    for number in range(3):
        courier.deliver(Record("LogEvent", b"%d" % number), at_once=True)
        [path] = folder.journals()
        assert [record.request for record in unanswered(path)] == [b"%d" % one for one in range(number + 1)]
    courier.deliver(Record("LogEvent", b"3"))
    courier.deliver(Record("LogEvent", b"4"), at_once=True)
    until(lambda: not courier.still_creates() and courier.delivery().waiting_calls == 5)
    [path] = folder.journals()
    until(lambda: len(list(unanswered(path))) == 5)
    close(courier)
    assert [record.request for record in unanswered(path)] == [b"0", b"1", b"2", b"3", b"4"]


def test_a_flush_tells_of_what_was_delivered_at_once_where_no_thread_can_be_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = Server()

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    courier = Courier(server.send, folder=folder_of(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        courier.deliver(Record("LogEvent", b"known"), at_once=True)
        courier.flush(timeout_s=WAIT_S)
    assert courier.delivery().acknowledged_calls == 1
    close(courier)


def test_a_look_for_what_others_left_that_is_asked_for_during_another_one_is_not_slept_through(tmp_path: Path) -> None:
    asked: list[threading.Event] = []

    def ask() -> None:
        if not asked:
            asked.append(courier._sender.take_over_now())

    courier = Courier(Server().send, folder=folder_of(tmp_path), on_takeover=ask)
    courier.start()
    until(lambda: bool(asked))
    assert asked[0].wait(TAKEOVER_S / 3)
    close(courier)


def test_what_is_delivered_at_once_does_not_pass_what_the_recorder_has_just_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buffer, backlog = Buffer(), Backlog(None)
    recorder = Recorder(buffer, backlog, Outcomes(), Rhythm(lambda: None))
    first, second = Record("LogEvent", b"1"), Record("LogEvent", b"2")
    delivers = threading.Thread(target=recorder.hand_over_now, args=(second,))
    take = buffer.take

    def take_while_another_delivers(points_max: int) -> list[Entry]:
        entries = take(points_max)
        if entries:
            delivers.start()
            delivers.join(0.2)
        return entries

    monkeypatch.setattr(buffer, "take", take_while_another_delivers)
    buffer.add_call(first)
    recorder.drain()
    delivers.join()
    assert backlog.first() is first

"""The courier with a journal: what survives, what is sent when and how often; a function of the test is the server."""

import logging
import threading
from pathlib import Path
from time import monotonic, time

import pytest

from modelbox.delivery import attempts as attempts_module
from modelbox.delivery import threads as threads_module
from modelbox.delivery import waiting
from modelbox.delivery.attempts import Attempts
from modelbox.delivery.courier import Courier
from modelbox.delivery.reachability import Reachability
from modelbox.delivery.takeover import Takeover
from modelbox.errors import NotFoundError, NoThreadError, RefusedError, UnavailableError
from modelbox.journal.record import METRICS, Record
from modelbox.values import Delivery
from tests.unit.journal_server import WAIT_S, Make, Server, close, folder_of, log, takeover, until


def test_what_is_logged_is_handed_over_to_the_journal_though_the_server_does_not_answer(tmp_path: Path) -> None:
    """The recorder never waits for the sender, which hangs in a call here."""
    answered = threading.Event()

    def hang(_record: Record) -> bytes:
        answered.wait(WAIT_S)
        return b""

    courier = Courier(hang, folder=folder_of(tmp_path))
    log(courier, range(10))
    until(lambda: courier.delivery().journaled == 10)
    log(courier, range(10, 20))
    until(lambda: courier.delivery().journaled == 20)
    answered.set()
    courier.flush(timeout_s=WAIT_S)
    close(courier)
    assert list(tmp_path.iterdir()) == []


def test_what_one_client_left_the_next_one_sends_first(make: Make) -> None:
    server = Server(away=True)
    first = make(server)
    log(first, range(100))
    first.deliver(Record("LogEvent", b"known"))
    log(first, range(100, 200))
    close(first)
    assert (first.delivery().waiting, first.delivery().waiting_calls) == (200, 1)
    server.away = False
    second = make(server)
    log(second, range(200, 300))
    second.flush(timeout_s=WAIT_S)
    assert server.steps == list(range(300))
    assert second.delivery() == Delivery(waiting=0, acknowledged=100, dropped=0, refused=0)


def test_an_answer_that_is_lost_with_its_client_does_not_record_twice(make: Make, tmp_path: Path) -> None:
    server = Server()
    server.loses_answers = 1_000
    first = make(server)
    log(first, range(50))
    until(lambda: len(server.tries) > 1)
    close(first)
    server.loses_answers = 0
    [sent] = takeover(server, tmp_path).run()
    assert (sent.points, sent.waiting) == (50, 0)
    assert server.steps == list(range(50))
    assert len(set(server.tries)) == 1


def test_a_slow_trainer_that_logged_for_long_is_sent_in_few_calls(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelbox.delivery import recorder  # noqa: PLC0415  # of this test only

    monkeypatch.setattr(recorder, "LINGER_S", 0.0)
    server = Server(away=True)
    first = make(server)
    for step in range(300):
        log(first, range(step, step + 1))
        until(lambda: first.delivery().journaled == step + 1)  # noqa: B023  # called in this round
    close(first)
    server.away = False
    server.tries.clear()
    takeover(server, tmp_path).run()
    assert server.steps == list(range(300))
    # The first was tried before and is sent as it was.
    assert len(server.tries) == 2


def test_after_an_outage_a_client_sends_in_few_calls_too(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelbox.delivery import recorder  # noqa: PLC0415  # of this test only

    monkeypatch.setattr(recorder, "LINGER_S", 0.0)
    server = Server(away=True)
    courier = make(server)
    for step in range(300):
        log(courier, range(step, step + 1))
        until(lambda: courier.delivery().journaled == step + 1)  # noqa: B023  # called in this round
    server.away = False
    courier.flush(timeout_s=WAIT_S)
    assert server.steps == list(range(300))
    assert len(server.recorded) == 2


def test_two_that_sync_at_once_send_each_record_once(make: Make, tmp_path: Path) -> None:
    server = Server(away=True)
    for number in range(6):
        courier = make(server)
        log(courier, range(number * 100, number * 100 + 100))
        close(courier)
    server.away = False
    server.tries.clear()
    both = [threading.Thread(target=takeover(server, tmp_path).run) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(WAIT_S)
    assert sorted(server.steps) == list(range(600))
    assert len(server.tries) == 6
    assert list(tmp_path.iterdir()) == []


def test_a_journal_in_use_is_left_to_its_process(make: Make, tmp_path: Path) -> None:
    server = Server(away=True)
    courier = make(server)
    log(courier, range(10))
    until(lambda: courier.delivery().journaled == 10)
    assert takeover(Server(), tmp_path).run() == []
    server.away = False
    courier.flush(timeout_s=WAIT_S)
    assert server.steps == list(range(10))


def test_sync_gives_up_where_the_server_is_away_and_leaves_the_journal(make: Make, tmp_path: Path) -> None:
    server = Server(away=True)
    courier = make(server)
    log(courier, range(10))
    close(courier)
    with pytest.raises(UnavailableError):
        takeover(server, tmp_path, away_s_max=0.1).run()
    server.away = False
    takeover(server, tmp_path).run()
    assert server.steps == list(range(10))


def test_sync_gives_up_where_no_thread_can_be_started_and_leaves_the_journal(make: Make, tmp_path: Path) -> None:
    client = make(Server(away=True))
    client.deliver(Record("KeepFiles", b"known"), at_once=True)
    close(client)

    def upload(_record: Record) -> bytes:
        raise NoThreadError("it needs a thread, and none can be started")

    attempts = Attempts(upload, lambda _: False, stop=threading.Event(), reachability=Reachability(), away_s_max=0.3)
    with pytest.raises(UnavailableError, match="none can be started"):
        Takeover(folder_of(tmp_path), attempts).run()
    [sent] = takeover(Server(), tmp_path).run()
    assert (sent.calls, sent.waiting) == (1, 0)


def test_a_refused_record_does_not_block_the_others(make: Make) -> None:
    server = Server()
    courier = make(server)
    log(courier, range(2))
    courier.deliver(Record("LogEvent", b"unknown"))
    log(courier, range(5), object_id="unknown")
    log(courier, range(2, 4))
    with pytest.raises(RefusedError, match="5 metric points and 1 call refused: there is no unknown") as refused:
        courier.flush(timeout_s=WAIT_S)
    assert (refused.value.points, refused.value.calls, refused.value.reason) == (5, 1, "OBJECT_NOT_FOUND")
    assert server.steps == list(range(4))
    assert courier.delivery() == Delivery(waiting=0, acknowledged=4, dropped=0, refused=5, refused_calls=1)


def test_a_refused_record_of_a_journal_is_told_and_does_not_come_again(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(away=True)
    courier = make(server)
    log(courier, range(3), object_id="unknown")
    courier.deliver(Record("LogEvent", b"known"))
    close(courier)
    server.away = False
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        [sent] = takeover(server, tmp_path).run()
    assert (sent.points, sent.calls, sent.refused, sent.waiting) == (0, 1, 1, 0)
    assert "3 metric points: there is no unknown" in caplog.text
    assert takeover(server, tmp_path).run() == []


def test_an_upload_call_or_point_keeps_its_place_among_the_others(make: Make) -> None:
    server = Server()
    courier = make(server)
    courier.deliver(Record("CreateRun", b"run"))
    log(courier, range(2), object_id="run")
    courier.deliver(Record("LogEvent", b"run"))
    log(courier, range(2, 3), object_id="run")
    courier.deliver(Record("SetRunStatus", b"run"))
    courier.flush(timeout_s=WAIT_S)
    assert [record.method for record in server.recorded.values()] == [
        "CreateRun",
        METRICS,
        "LogEvent",
        METRICS,
        "SetRunStatus",
    ]


def test_an_asked_call_returns_the_answer_or_the_refusal(make: Make) -> None:
    courier = make(Server())
    assert courier.ask(Record("CreateRun", b"run")) == b"CreateRun"
    with pytest.raises(NotFoundError, match="there is no other"):
        courier.ask(Record("LogEvent", b"other"))
    courier.flush(timeout_s=WAIT_S)


def test_an_asked_call_is_made_later_if_the_server_is_away(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "OFFLINE_AFTER_S", 1.0)
    server = Server(away=True)
    courier = make(server)
    assert courier.ask(Record("CreateRun", b"run")) is None
    began = monotonic()
    assert courier.ask(Record("CreateRun", b"second")) is None
    # That the server is away is known by now.
    assert monotonic() - began < 0.8
    log(courier, range(3), object_id="run")
    server.away = False
    courier.flush(timeout_s=WAIT_S)
    assert [record.method for record in server.recorded.values()] == ["CreateRun", "CreateRun", METRICS]


@pytest.mark.parametrize("jump_s", [7 * 24 * 3600, -3600], ids=["forward", "back"])
def test_after_a_jump_of_the_clock_the_server_is_asked_what_it_has(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    """The server may have forgotten the key: what was recorded without an answer must not be recorded again."""
    server = Server()
    server.loses_answers = 1_000
    first = make(server)
    log(first, range(5))
    until(lambda: len(server.tries) > 1)
    close(first)
    server.loses_answers = 0
    forgetful = Server()
    monkeypatch.setattr(attempts_module, "time", lambda: time() + jump_s)
    asked: list[Record] = []

    def was_recorded(record: Record) -> bool:
        asked.append(record)
        return record.key in server.recorded

    attempts = Attempts(forgetful.send, was_recorded, stop=threading.Event(), reachability=Reachability())
    [sent] = Takeover(folder_of(tmp_path), attempts).run()
    assert (sent.points, sent.waiting, len(asked)) == (5, 0, 1)
    assert forgetful.steps == []
    assert list(tmp_path.iterdir()) == []


def test_closing_while_the_server_is_away_takes_no_time_and_keeps_everything(make: Make, tmp_path: Path) -> None:
    courier = make(Server(away=True))
    log(courier, range(1000))
    began = monotonic()
    close(courier)
    assert monotonic() - began < 2.5
    server = Server()
    takeover(server, tmp_path).run()
    assert server.steps == list(range(1000))


def test_a_client_takes_over_what_ended_children_left_while_it_runs(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelbox.delivery import sender  # noqa: PLC0415  # of this test only

    monkeypatch.setattr(sender, "TAKEOVER_S", 0.05)
    server = Server()
    parent = make(server)
    log(parent, range(1))
    parent.flush(timeout_s=WAIT_S)
    child = make(Server(away=True))
    log(child, range(1, 4))
    close(child)
    until(lambda: server.steps == list(range(4)))


def test_where_no_thread_can_be_started_what_is_logged_waits_and_is_journaled_at_the_end(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        patch.setattr(threads_module, "START_AGAIN_S", 0.0)
        first, second = make(Server()), make(Server())
        for courier in (first, second):
            log(courier, range(3))
            courier.deliver(Record("UpdateMetadata", b"known"))
        close(second)
    told = [record for record in caplog.records if "no thread can be started" in record.getMessage()]
    assert [record.levelno for record in told].count(logging.WARNING) == 2
    assert second.delivery().dropped == 0
    # As soon as there are threads again, what waits is sent, and what the other one left too.
    log(first, range(3, 4))
    first.flush(timeout_s=WAIT_S)
    assert first.delivery().acknowledged == 4
    close(first)
    assert not list(tmp_path.iterdir())

"""When what is logged is sent: at once, but points of an object that is logged on and on are put together."""

import threading
from collections.abc import Iterator
from pathlib import Path
from time import time

import pytest

from modelbox.delivery import rhythm
from modelbox.delivery.courier import Courier
from modelbox.errors import ServerError
from modelbox.ids import logged_at
from modelbox.journal.folder import unanswered
from modelbox.journal.record import METRICS, Record
from modelbox.kinds.run import CREATE_RUN
from modelbox.limits import BATCH_POINTS_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport.connection import IDEMPOTENCY_KEY, Connection
from tests.unit.journal_server import WAIT_S, Server, close, folder_of, until

NEVER_S = 3600.0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that hears of points in time only where the rhythm is not waited for."""
    monkeypatch.setattr(rhythm, "SEND_EVERY_S", NEVER_S)
    return Server()


@pytest.fixture
def courier(server: Server, tmp_path: Path) -> Iterator[Courier]:
    """One with a journal."""
    courier = Courier(server.send, folder=folder_of(tmp_path))
    yield courier
    close(courier)


def log(courier: Courier, steps: range, *, object_id: str = "known") -> None:
    """Log points that each become a record of its own."""
    for step in steps:
        courier.log(object_id, {"loss": 1.0}, step, None)
        until(lambda: not len(courier._buffer) and not courier._recorder.points_in_hand)


def begin(server: Server, courier: Courier, *, object_id: str = "known") -> None:
    """Log the first point of an object, which is sent at once."""
    courier.log(object_id, {"loss": 1.0}, 0, None)
    until(lambda: server.steps.count(0) == len(server.objects))
    until(lambda: not courier._backlog.waiting.records)


def methods(server: Server) -> list[str]:
    return [record.method for record in server.recorded.values()]


def test_points_logged_on_and_on_are_put_together_and_sent_when_somebody_waits(
    server: Server, courier: Courier
) -> None:
    begin(server, courier)
    log(courier, range(1, 5))
    assert server.steps == [0]
    courier.flush(timeout_s=WAIT_S)
    assert (server.steps, methods(server)) == (list(range(5)), [METRICS] * 2)
    delivery = courier.delivery()
    assert (delivery.waiting, delivery.acknowledged, delivery.dropped) == (0, 5, 0)


def test_they_are_sent_once_their_time_has_come(
    server: Server, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(server, courier)
    monkeypatch.setattr(rhythm, "SEND_EVERY_S", 0.2)
    log(courier, range(1, 3))
    until(lambda: server.steps == [0, 1, 2])


def test_meanwhile_they_are_in_the_journal_for_whoever_takes_it_over(
    server: Server, courier: Courier, tmp_path: Path
) -> None:
    begin(server, courier)
    log(courier, range(1, 4))
    [path] = folder_of(tmp_path).journals()
    assert [(record.points, record.tried_at) for record in unanswered(path)] == [(1, 0)] * 3
    assert courier.delivery().journaled == 3


def test_what_is_in_no_journal_does_not_wait(server: Server) -> None:
    courier = Courier(server.send)
    begin(server, courier)
    log(courier, range(1, 4))
    until(lambda: server.steps == list(range(4)))
    close(courier)


@pytest.mark.parametrize("how", ["told", "asked"])
def test_any_other_call_goes_at_once_after_the_points_before_it(server: Server, courier: Courier, how: str) -> None:
    begin(server, courier)
    log(courier, range(1, 3))
    record = Record("SetRunStatus", b"known")
    if how == "asked":
        assert courier.ask(record) == b"SetRunStatus"
    else:
        courier.deliver(record)
        until(lambda: "SetRunStatus" in methods(server))
    assert methods(server) == [METRICS, METRICS, "SetRunStatus"]
    assert server.steps == list(range(3))


def test_the_first_point_of_another_object_goes_at_once(server: Server, courier: Courier) -> None:
    server.objects.add("other")
    courier.log("known", {"loss": 1.0}, 0, None)
    until(lambda: server.steps == [0])
    begin(server, courier, object_id="other")


def test_a_full_batch_goes_at_once(server: Server, courier: Courier) -> None:
    begin(server, courier)
    log(courier, range(1, 2))
    for step in range(2, BATCH_POINTS_MAX + 1):
        courier.log("known", {"loss": 1.0}, step, None)
    until(lambda: server.steps == list(range(BATCH_POINTS_MAX + 1)))


def test_the_end_of_a_client_does_not_wait_for_its_rhythm(server: Server, courier: Courier, tmp_path: Path) -> None:
    begin(server, courier)
    log(courier, range(1, 4))
    close(courier)
    assert server.steps == list(range(4))
    assert list(tmp_path.iterdir()) == []


def test_what_waits_for_a_creation_that_others_passed_is_sent_once_that_is_recorded(tmp_path: Path) -> None:
    """Also when as many records were recorded meanwhile as waited at first: nobody hurries it any more."""
    made, other = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
    is_tried, is_mended = threading.Event(), threading.Event()
    sent: list[tuple[str, int]] = []

    def send(record: Record) -> bytes:
        if record.method == CREATE_RUN.name and not is_mended.is_set():
            is_tried.set()
            raise ServerError("defect")
        sent.append((record.method, record.points))
        return b""

    courier = Courier(send, folder=folder_of(tmp_path))
    courier.deliver(Record(CREATE_RUN.name, pb.CreateRunRequest(id=made).SerializeToString()))
    assert is_tried.wait(WAIT_S)
    courier.log(made, {"loss": 1.0}, 0, None)
    courier.log(other, {"loss": 1.0, "accuracy": 0.5}, 0, None)
    until(lambda: sent == [(METRICS, 2)])
    is_mended.set()
    until(lambda: sent[1:] == [(CREATE_RUN.name, 0), (METRICS, 1)])
    close(courier)


def test_an_idle_object_has_a_first_point_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(rhythm, "monotonic", lambda: now)
    woken: list[float] = []
    paced = rhythm.Rhythm(lambda: woken.append(now))
    point = Record(METRICS, b"", points=1, place=0)
    waits = []
    for at in (100.0, 100.25, 100.5, 103.0):
        now = at
        paced.add(point)
        waits.append(paced.wait_s())
        if not waits[-1]:
            paced.begin()
            paced.is_sending = False
    assert waits == [0.0, 0.75, 0.5, 0.0]
    assert woken == [100.0, 100.25]  # at 101 who sends wakes by itself


def test_keys_of_calls_begin_with_their_time_so_that_the_servers_index_grows_at_its_end() -> None:
    connection = Connection("nowhere:1")
    for key in (str(dict(connection.headers(CREATE_RUN))[IDEMPOTENCY_KEY]), Record(METRICS, b"").key):
        assert logged_at(key) == pytest.approx(time(), abs=WAIT_S)

"""The buffer, the columns and the courier without a journal, with a function of the test as what sends."""

import logging
import math
import threading
from collections.abc import Callable

import pytest

from modelbox.delivery.buffer import Buffer, Point
from modelbox.delivery.columns import batches_of
from modelbox.delivery.courier import Courier
from modelbox.errors import (
    ClosedError,
    FlushTimeoutError,
    InvalidFieldError,
    NotFoundError,
    RefusedError,
    ServerError,
    UnavailableError,
)
from modelbox.fields import text_bytes
from modelbox.journal.record import Record
from modelbox.limits import BATCH_BYTES_MAX, BATCH_POINTS_MAX, BATCH_SERIES_MAX, DEFECT_TRIES_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.session import Session
from modelbox.values import Delivery

WAIT_S = 20


class Server:
    """Keeps what is sent to it; `trouble` decides what is raised instead, by the number of the try."""

    def __init__(self, trouble: Callable[[int], Exception | None] = lambda _: None) -> None:
        self.trouble = trouble
        self.batches: list[pb.LogMetricsBatchRequest] = []
        self.keys: list[str] = []

    def send(self, record: Record) -> bytes:
        self.keys.append(record.key)
        error = self.trouble(len(self.keys))
        if error is not None:
            raise error
        self.batches.append(pb.LogMetricsBatchRequest.FromString(record.request))
        return b""


def no_cut() -> None:
    """There is no connection to cut."""


def points(count: int, *, object_id: str = "o", key: str = "loss") -> list[Point]:
    return [Point(object_id, key, step, 1.0, float(step)) for step in range(count)]


def test_points_become_one_column_a_key_and_kind_in_their_order() -> None:
    mixed = [
        Point("o", "loss", 1, 10.0, 0.5),
        Point("p", "loss", 1, 11.0, 0.25),
        Point("o", "loss", 2, 12.0, "diverged"),
        Point("o", "loss", 3, 13.0, math.inf),
        Point("o", "image", 3, 14.0, b"\xff"),
    ]
    first, second = batches_of(mixed)
    assert (first.points, second.points) == (4, 1)
    assert [
        (one.key, list(one.steps), list(one.wallclock_s), list(one.doubles), list(one.strings), list(one.blobs))
        for one in first.request.series
    ] == [
        ("loss", [1, 3], [10.0, 13.0], [0.5, math.inf], [], []),
        ("loss", [2], [12.0], [], ["diverged"], []),
        ("image", [3], [14.0], [], [], [b"\xff"]),
    ]
    assert second.request.parent_id == "p"


def test_a_batch_keeps_to_the_bounds_of_points_keys_and_bytes() -> None:
    assert [batch.points for batch in batches_of(points(2 * BATCH_POINTS_MAX + 1))] == [
        BATCH_POINTS_MAX,
        BATCH_POINTS_MAX,
        1,
    ]
    keys = [Point("o", f"k{number}", 0, 1.0, 1.0) for number in range(BATCH_SERIES_MAX + 1)]
    assert [batch.points for batch in batches_of(keys)] == [BATCH_SERIES_MAX, 1]
    text = "x" * 100_000
    batches = list(batches_of([Point("o", "note", step, 1.0, text) for step in range(10)]))
    assert sum(batch.points for batch in batches) == 10
    assert all(batch.points * text_bytes(text) <= BATCH_BYTES_MAX for batch in batches)


def test_a_call_with_one_bad_value_adds_nothing() -> None:
    buffer = Buffer()
    with pytest.raises(InvalidFieldError):
        buffer.add("o", {"loss": 1.0, "bad": None}, 0, None)
    assert buffer.waiting == 0


def test_a_full_buffer_drops_counts_and_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    buffer = Buffer(points_max=10)
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        for step in range(15):
            buffer.add("o", {"loss": 1.0}, step, None)
    assert (buffer.waiting, buffer.dropped) == (10, 5)
    assert [point.step for point in buffer.take(100) if isinstance(point, Point)] == list(range(10))
    assert [record.message for record in caplog.records] == [
        "the buffer of metric points is full (10 wait for the server): new ones are dropped and counted"
    ]


def test_text_in_the_buffer_is_bounded_and_given_back() -> None:
    buffer = Buffer(text_bytes_max=250)
    for step in range(3):
        buffer.add("o", {"note": "x" * 98}, step, None)
    assert (buffer.waiting, buffer.dropped) == (2, 1)
    buffer.take(100)
    buffer.add("o", {"note": "x" * 200}, 3, None)
    assert buffer.waiting == 1


def test_flush_waits_for_all_that_was_logged_before() -> None:
    server = Server()
    courier = Courier(server.send)
    for step in range(100):
        courier.log("o", {"loss": 1.0}, step, None)
    courier.flush(timeout_s=WAIT_S)
    assert [step for batch in server.batches for step in batch.series[0].steps] == list(range(100))
    assert courier.delivery() == Delivery(waiting=0, acknowledged=100, dropped=0, refused=0)
    courier.close(timeout_s=0.2, cut=no_cut)


def test_flush_of_nothing_returns_at_once() -> None:
    Courier(Server().send).flush(timeout_s=0)


def test_a_batch_is_sent_with_one_key_until_it_is_answered() -> None:
    server = Server(lambda tries: UnavailableError("away") if tries < 4 else None)
    courier = Courier(server.send)
    courier.log("o", {"loss": 1.0}, 0, None)
    courier.flush(timeout_s=WAIT_S)
    courier.log("o", {"loss": 1.0}, 1, None)
    courier.flush(timeout_s=WAIT_S)
    assert len(server.keys) == 5
    assert len(set(server.keys[:4])) == 1
    assert len(set(server.keys)) == 2
    courier.close(timeout_s=0.2, cut=no_cut)


def test_flush_says_how_many_points_wait() -> None:
    server = Server(lambda _: UnavailableError("away"))
    courier = Courier(server.send)
    for step in range(7):
        courier.log("o", {"loss": 1.0}, step, None)
    with pytest.raises(FlushTimeoutError) as late:
        courier.flush(timeout_s=0.2)
    assert late.value.waiting == 7
    server.trouble = lambda _: None
    courier.flush(timeout_s=WAIT_S)
    assert courier.delivery().acknowledged == 7
    courier.close(timeout_s=0.2, cut=no_cut)


def test_a_refusal_is_told_by_the_next_flush_only() -> None:
    server = Server(lambda tries: NotFoundError("no such object", reason="OBJECT_NOT_FOUND") if tries <= 2 else None)
    courier = Courier(server.send)
    for object_id in ("a", "b", "c"):
        courier.log(object_id, {"loss": 1.0}, 0, None)
    with pytest.raises(RefusedError, match="2 metric points refused: no such object"):
        courier.flush(timeout_s=WAIT_S)
    courier.flush(timeout_s=WAIT_S)
    assert courier.delivery() == Delivery(waiting=0, acknowledged=1, dropped=0, refused=2)
    courier.close(timeout_s=0.2, cut=no_cut)


def test_what_a_server_fails_on_is_kept_told_and_sent_with_its_key_until_the_server_is_mended() -> None:
    server = Server(lambda tries: ServerError("defect") if tries <= DEFECT_TRIES_MAX + 1 else None)
    courier = Courier(server.send)
    courier.log("o", {"loss": 1.0}, 0, None)
    with pytest.raises(FlushTimeoutError, match=r"1 metric point not acknowledged .* the last answer: defect"):
        courier.flush(timeout_s=1.0)
    assert courier.delivery() == Delivery(waiting=1, acknowledged=0, dropped=0, refused=0)
    assert courier.delivery().trouble == "defect"
    courier.flush(timeout_s=WAIT_S)
    assert courier.delivery() == Delivery(waiting=0, acknowledged=1, dropped=0, refused=0)
    assert len(server.keys) == DEFECT_TRIES_MAX + 2
    assert len(set(server.keys)) == 1
    courier.close(timeout_s=0.2, cut=no_cut)


def test_a_defect_in_sending_is_tried_again_and_then_told(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(lambda tries: KeyError("defect") if tries in {1, *range(3, 3 + DEFECT_TRIES_MAX)} else None)
    courier = Courier(server.send)
    courier.log("o", {"loss": 1.0}, 0, None)
    with caplog.at_level(logging.ERROR, logger="modelbox"):
        courier.flush(timeout_s=WAIT_S)
    courier.log("o", {"loss": 1.0}, 1, None)
    with caplog.at_level(logging.ERROR, logger="modelbox"), pytest.raises(RefusedError, match="KeyError"):
        courier.flush(timeout_s=WAIT_S)
    courier.log("o", {"loss": 1.0}, 2, None)
    courier.flush(timeout_s=WAIT_S)
    assert courier.delivery() == Delivery(waiting=0, acknowledged=2, dropped=0, refused=1)
    courier.close(timeout_s=0.2, cut=no_cut)


def test_closing_cuts_counts_and_refuses_more() -> None:
    answered = threading.Event()

    def send(_record: Record) -> bytes:
        answered.wait(WAIT_S)
        raise ClosedError("cut")

    courier = Courier(send)
    courier.log("o", {"a": 1.0, "b": 2.0}, 0, None)
    courier.close(timeout_s=0.2, cut=answered.set)
    assert courier.delivery() == Delivery(waiting=0, acknowledged=0, dropped=2, refused=0)
    with pytest.raises(ClosedError):
        courier.log("o", {"a": 1.0}, 1, None)


def test_an_upload_that_the_end_of_the_client_cuts_off_is_no_trouble_with_the_server(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    began, cut = threading.Event(), threading.Event()

    def upload(_record: Record) -> bytes:
        began.set()
        cut.wait(WAIT_S)
        raise ClosedError("the client was closed")

    def cut_off() -> None:
        cut.set()
        threading.Event().wait(0.3)  # as long as it takes the sender to see that

    session = Session("nowhere:1")
    monkeypatch.setattr(session, "_files", Courier(upload))
    monkeypatch.setattr(session, "_cut", cut_off)
    session.deliver_files(Record("KeepFiles", b""))
    assert began.wait(WAIT_S)
    session.close(timeout_s=0.1)
    assert "is sent again" not in caplog.text


@pytest.mark.timing
def test_logging_one_number_takes_microseconds() -> None:
    """The bound is generous for a busy machine; `make bench` measures."""
    from time import perf_counter_ns  # noqa: PLC0415  # of this test only

    courier = Courier(Server().send)
    taken = []
    for step in range(20_000):
        metrics = {"loss": 0.5}
        begun = perf_counter_ns()
        courier.log("o", metrics, step, None)
        taken.append(perf_counter_ns() - begun)
    assert sorted(taken)[len(taken) // 2] <= 5_000
    courier.flush(timeout_s=WAIT_S)
    courier.close(timeout_s=0.2, cut=no_cut)

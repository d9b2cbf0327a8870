"""Metrics through the SDK: values, order, delivery while the server is away, threads, forks, the end of a program."""

import logging
import math
import multiprocessing
import os
import subprocess
import sys
import threading
from time import monotonic, time

import numpy as np
import pytest

from modelbox import (
    ClosedError,
    Delivery,
    FlushTimeoutError,
    InvalidFieldError,
    MetricPoint,
    Model,
    ModelBox,
    RefusedError,
)
from tests.integration.sdk_server import SdkServer, wait_until

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def test_every_kind_of_value_comes_back(model: Model) -> None:
    model.log_metrics(
        {
            "float": 0.1,
            "int": 3,
            "bool": True,
            "text": "grün",
            "bytes": b"\x00\xff",
            "float32": np.float32(0.5),
            "int64": np.int64(7),
            "array": np.array([2.5]),
        },
        step=4,
        wallclock=1_700_000_000.25,
    )
    values = {key: [point.value for point in points] for key, points in model.metrics().items()}
    assert values == {
        "float": [0.1],
        "int": [3.0],
        "bool": [1.0],
        "text": ["grün"],
        "bytes": [b"\x00\xff"],
        "float32": [0.5],
        "int64": [7.0],
        "array": [2.5],
    }
    assert model.metrics("float") == {"float": [MetricPoint(4, 1_700_000_000.25, 0.1)]}


def test_nan_and_infinities_are_kept(model: Model) -> None:
    for step, value in enumerate((math.nan, math.inf, -math.inf, 1e308)):
        model.log_metrics({"loss": value}, step=step)
    values = [point.value for point in model.metrics()["loss"]]
    assert isinstance(values[0], float)
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf, 1e308]


def test_points_are_ordered_by_step_then_wallclock(model: Model) -> None:
    for step, wallclock in ((2, 10.0), (1, 30.0), (1, 20.0), (2, 5.0)):
        model.log_metrics({"loss": wallclock}, step, wallclock)
    assert [(point.step, point.wallclock) for point in model.metrics()["loss"]] == [
        (1, 20.0),
        (1, 30.0),
        (2, 5.0),
        (2, 10.0),
    ]


def test_many_points_of_many_objects_arrive_each_once(client: ModelBox, model: Model) -> None:
    version = model.new_model_version()
    for step in range(12_000):
        model.log_metrics({"loss": step / 2, "note": "x"} if step % 1000 == 0 else {"loss": step / 2}, step=step)
        version.log_metrics({"accuracy": 1.0}, step=step)
    client.flush()
    assert client.delivery() == Delivery(waiting=0, acknowledged=24_012, dropped=0, refused=0)
    assert [point.step for point in model.metrics("loss")["loss"]] == list(range(12_000))
    assert len(model.metrics("note")["note"]) == 12
    assert len(version.metrics()["accuracy"]) == 12_000


def test_threads_log_at_the_same_time(client: ModelBox, model: Model) -> None:
    def log(number: int) -> None:
        for step in range(500):
            model.log_metrics({f"loss-{number}": float(step)}, step=step)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    series = model.metrics()
    assert {key: len(points) for key, points in series.items()} == {f"loss-{number}": 500 for number in range(8)}
    assert client.delivery().acknowledged == 4000


def test_a_server_that_is_away_neither_stops_nor_slows_training(
    sdk_server: SdkServer, client: ModelBox, model: Model
) -> None:
    model.log_metrics({"loss": 0.0}, step=0)
    client.flush()
    sdk_server.stop()
    began = monotonic()
    for step in range(1, 2000):
        model.log_metrics({"loss": float(step)}, step=step)
    assert monotonic() - began < 1.0
    with pytest.raises(FlushTimeoutError) as late:
        client.flush(timeout_s=0.3)
    assert late.value.waiting == 1999
    sdk_server.start()
    client.flush()
    assert client.delivery() == Delivery(waiting=0, acknowledged=2000, dropped=0, refused=0)
    assert [point.step for point in model.metrics()["loss"]] == list(range(2000))


def test_points_survive_restarts_of_the_server_under_load_exactly_once(
    sdk_server: SdkServer, client: ModelBox, model: Model
) -> None:
    logged = 0
    stop = threading.Event()

    def train() -> None:
        nonlocal logged
        while not stop.wait(0.0005):
            model.log_metrics({"loss": float(logged)}, step=logged)
            logged += 1

    training = threading.Thread(target=train)
    training.start()
    for _ in range(3):
        acknowledged = client.delivery().acknowledged
        wait_until(lambda: client.delivery().acknowledged > acknowledged + 100)  # noqa: B023  # called in this round
        sdk_server.stop()
        sdk_server.start()
    stop.set()
    training.join()
    assert [point.step for point in model.metrics()["loss"]] == list(range(logged))


def test_points_of_an_unknown_object_are_refused_and_told(
    client: ModelBox, model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        client.object(UNKNOWN_ID).log_metrics({"loss": 1.0})
        model.log_metrics({"loss": 2.0})
        with pytest.raises(RefusedError) as refused:
            client.flush()
    assert (refused.value.points, refused.value.reason) == (1, "OBJECT_NOT_FOUND")
    assert "1 metric points" in caplog.text
    client.flush()
    assert client.delivery() == Delivery(waiting=0, acknowledged=1, dropped=0, refused=1)


def test_closing_delivers_and_then_takes_no_more(sdk_server: SdkServer) -> None:
    with ModelBox(sdk_server.address) as client:
        model = client.new_model("digits")
        model.log_metrics({"loss": 1.0})
    assert client.delivery().acknowledged == 1
    client.close()
    with pytest.raises(ClosedError):
        model.log_metrics({"loss": 1.0})
    with pytest.raises(ClosedError):
        model.metadata()


def test_closing_without_a_server_keeps_in_the_journal_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    client = ModelBox("localhost:1")
    client.object(UNKNOWN_ID).log_metrics({"loss": 1.0, "accuracy": 0.5})
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        client.close(timeout_s=0.2)
    assert "2 metric points and 0 calls wait in " in caplog.text
    assert client.delivery() == Delivery(waiting=2, acknowledged=0, dropped=0, refused=0, journaled=2)


def test_closing_without_a_server_and_a_journal_warns_about_what_is_lost(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELBOX_JOURNAL", "off")
    client = ModelBox("localhost:1")
    client.object(UNKNOWN_ID).log_metrics({"loss": 1.0, "accuracy": 0.5})
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        client.close(timeout_s=0.2)
    assert "2 metric points and 0 calls were not delivered" in caplog.text
    assert client.delivery() == Delivery(waiting=0, acknowledged=0, dropped=2, refused=0)


def test_the_end_of_the_program_delivers(model: Model, client: ModelBox) -> None:
    program = (
        "import modelbox, sys\n"
        "model = modelbox.ModelBox(sys.argv[1]).model(sys.argv[2])\n"
        "for step in range(1000): model.log_metrics({'loss': 1.0}, step=step)\n"
    )
    subprocess.run([sys.executable, "-c", program, client.address, model.id], check=True, timeout=60)
    assert len(model.metrics()["loss"]) == 1000


def test_a_client_that_was_let_go_delivers_all_the_same(model: Model, client: ModelBox) -> None:
    program = """
import gc, modelbox, sys
def train():
    model = modelbox.ModelBox(sys.argv[1]).object(sys.argv[2])
    for step in range(1000): model.log_metrics({'loss': 1.0}, step=step)
train()
gc.collect()
"""
    subprocess.run([sys.executable, "-c", program, client.address, model.id], check=True, timeout=60)
    assert len(model.metrics()["loss"]) == 1000


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_logs_on_its_own(client: ModelBox, model: Model) -> None:
    for step in range(100):
        model.log_metrics({"parent": 1.0}, step=step)
    # The buffer holds the parent's points at this moment: the child must not send them again.
    child = multiprocessing.get_context("fork").Process(target=_log_in_child, args=(model,))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert {key: len(points) for key, points in model.metrics().items()} == {"parent": 100, "child": 50}
    assert client.delivery().acknowledged == 100


def _log_in_child(model: Model) -> None:
    for step in range(50):
        model.log_metrics({"child": float(os.getpid())}, step=step)
    if len(model.metrics("child")["child"]) != 50:
        os._exit(3)


@pytest.mark.parametrize("step", [-1, 1.5, math.nan, math.inf, "1", 2**63, np.float32(0.5)], ids=repr)
def test_a_bad_step_is_refused_by_name_and_nothing_is_logged(client: ModelBox, model: Model, step: object) -> None:
    # Of a client that waits for answers; a training goes on (test_sdk_odd_input.py).
    with ModelBox(client.address, background=False) as strict:
        with pytest.raises(InvalidFieldError, match=r"^step: ") as bad:
            strict.object(model.id).log_metrics({"loss": 1.0}, step=step)
        assert isinstance(bad.value, ValueError)
        assert bad.value.field == "step"
        assert strict.delivery() == Delivery(waiting=0, acknowledged=0, dropped=0, refused=0)


def test_wallclock_is_the_time_of_the_call(model: Model) -> None:
    before = time()
    model.log_metrics({"loss": 1.0})
    after = time()
    [point] = model.metrics()["loss"]
    assert before <= point.wallclock <= after

"""Metrics through SDK, gRPC, log and view, and with the server away; what `log_metrics` costs beside TensorBoard."""

import asyncio
import contextlib
import os
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter  # pyright: ignore[reportMissingImports]  # `make bench` installs it

import modelbox
from modelbox.config import JOURNAL_FOLDER_VARIABLE
from modelbox.delivery.buffer import Point
from modelbox.delivery.columns import records_of
from modelbox.journal.backlog import Backlog
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.logged import Logged
from modelbox.syncing import sync_journals
from tests.benchmarks.processes import modelbox_server
from tests.benchmarks.report import Figure, per_second

POINTS = 1_000_000
KEYS = 10
LOOP_CALLS = 20_000
TRAINING_STEPS = 3_000
SMALL_RECORDS = 20_000


async def run() -> list[Figure]:
    """Measure."""
    async with modelbox_server() as address:
        return await asyncio.to_thread(_measure, address)


def _measure(address: str) -> list[Figure]:
    with modelbox.ModelBox(address) as client:
        model = client.new_model("bench", owner="ana", namespace="bench")
        figures = [_loop(model), *_kept(client, model), _sustained(client, model)]
        with _journals() as settings:
            return figures + _away(client, model, settings)


@contextlib.contextmanager
def _journals() -> Iterator[JournalSettings]:
    """A folder for journals, and clients that use it."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[JOURNAL_FOLDER_VARIABLE] = folder
        yield JournalSettings(Path(folder), free_bytes_min=0)
        del os.environ[JOURNAL_FOLDER_VARIABLE]


def _away(client: modelbox.ModelBox, model: modelbox.Model, settings: JournalSettings) -> list[Figure]:
    """Log at an address where nobody listens, then send what the journal has kept to the server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        nowhere = f"127.0.0.1:{free.getsockname()[1]}"
    with modelbox.ModelBox(nowhere) as away:
        lonely = away.object(model.id)
        there, gone = _log_median_us(model), _log_median_us(lonely)
        reference = f"server there {there:.2f} µs"
        figures = [Figure("log_metrics, server away", f"{gone:.2f} µs a call", reference, gone / there, "≤ 5 µs")]
        there, gone = _training_s(model), _training_s(lonely)
        reference = f"server there {there:.2f} s"
        what = f"{TRAINING_STEPS:,} training steps, server away"
        figures.append(Figure(what, f"{gone:.2f} s", reference, gone / there, "ratio ≈ 1"))
    sync_journals(settings, client.address, written_for=nowhere, away_s_max=10)
    return [*figures, _into_journal(nowhere, model), *_synced(client, model, nowhere, settings)]


def _into_journal(nowhere: str, model: modelbox.Model) -> Figure:
    """Log as fast as the buffer takes it, until all of it is in the journal."""
    values = {f"key {number}": 0.5 for number in range(KEYS)}
    with modelbox.ModelBox(nowhere) as away:
        lonely = away.object(model.id)
        start = time.perf_counter()
        for step in range(POINTS // KEYS):
            lonely.log_metrics(values, step=step)
            if step % 5_000 == 0:
                _wait_until_journaled(away, (step + 1) * KEYS)
        _wait_until_journaled(away, POINTS)
        seconds = time.perf_counter() - start
    return Figure("SDK to journal, server away", f"{per_second(POINTS, seconds)} points")


def _wait_until_journaled(client: modelbox.ModelBox, points: int) -> None:
    while client.delivery().journaled < points:
        time.sleep(0.001)


def _synced(
    client: modelbox.ModelBox, model: modelbox.Model, nowhere: str, settings: JournalSettings
) -> Iterator[Figure]:
    """Send the journal that was left, and one of a trainer that logged single points for long."""
    start = time.perf_counter()
    [sent] = sync_journals(settings, client.address, written_for=nowhere, away_s_max=10)
    seconds = time.perf_counter() - start
    assert (sent.points, sent.waiting) == (POINTS, 0)
    yield Figure("sync: journal to server", f"{per_second(POINTS, seconds)} points")

    backlog = Backlog(JournalFolder(settings, nowhere))
    for step in range(SMALL_RECORDS):
        for record in records_of([Point(model.id, "single", step, 1.7e9 + step, 0.5)]):
            backlog.append(record)
    backlog.close()
    start = time.perf_counter()
    sync_journals(settings, client.address, written_for=nowhere, away_s_max=10)
    seconds = time.perf_counter() - start
    while len(model.metrics("single").get("single", [])) < SMALL_RECORDS:
        time.sleep(0.01)  # the view comes after the log, and this client has written none of it
    yield Figure("sync: points journaled one by one", f"{per_second(SMALL_RECORDS, seconds)} points")


def _log_median_us(model: Logged) -> float:
    return _median_us(lambda step: model.log_metrics({"loss": 0.25}, step=step))


def _training_s(model: Logged) -> float:
    """Compute and log in turns, as a training does; return how long it takes, in seconds."""
    start = time.perf_counter()
    for step in range(TRAINING_STEPS):
        loss = sum(range(20_000)) / 1e9
        model.log_metrics({"loss": loss, "accuracy": 0.5}, step=step)
    return time.perf_counter() - start


def _loop(model: modelbox.Model) -> Figure:
    ours = _log_median_us(model)
    with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
        tensorboard = _median_us(lambda step: writer.add_scalar("loss", 0.25, step))
    reference = f"SummaryWriter.add_scalar {tensorboard:.2f} µs"
    return Figure("log_metrics, one key", f"{ours:.2f} µs a call", reference, ours / tensorboard, "≤ 5 µs, ratio < 1")


def _kept(client: modelbox.ModelBox, model: modelbox.Model) -> Iterator[Figure]:
    """What it costs beside a busy thread, and what of that is the ring, which keeps it if the process is killed."""
    values = {f"train/key {number}": 0.5 for number in range(KEYS)}
    for what, metrics in (("one key", {"loss": 0.25}), (f"{KEYS} keys", values)):
        kept = _paced_us(model, metrics)
        with _without_ring(client):
            bare = _paced_us(model, metrics)
        reference = f"without the ring {bare[0]:.2f} µs, p99.9 {bare[1] / 1000:.2f} ms"
        text = f"{kept[0]:.2f} µs a call, p99.9 {kept[1] / 1000:.2f} ms"
        yield Figure(
            f"log_metrics beside a busy thread, {what}", text, reference, kept[0] / bare[0], "5 µs more at most"
        )


@contextlib.contextmanager
def _without_ring(client: modelbox.ModelBox) -> Iterator[None]:
    buffer = client._session._courier._buffer  # only here it is switched off
    ring, buffer.ring = buffer.ring, None
    yield
    buffer.ring = ring


def _paced_us(model: modelbox.Model, metrics: dict[str, float]) -> tuple[float, float]:
    """Log with pauses, as a training does, beside a thread that computes; return the median and the p99.9."""
    stop = threading.Event()
    busy = threading.Thread(target=_compute, args=(stop,), daemon=True)
    busy.start()
    times = []
    for step in range(LOOP_CALLS // 4):
        start = time.perf_counter()
        model.log_metrics(metrics, step=step)
        times.append((time.perf_counter() - start) * 1e6)
        if step % 100 == 0:
            time.sleep(0.002)
    stop.set()
    busy.join()
    times.sort()
    return statistics.median(times), times[len(times) * 999 // 1000]


def _compute(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(1000))


def _median_us(call: Callable[[int], object]) -> float:
    times = []
    for step in range(LOOP_CALLS):
        start = time.perf_counter()
        call(step)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def _sustained(client: modelbox.ModelBox, model: modelbox.Model) -> Figure:
    """Log as fast as the buffer takes it, wait until all of it can be read."""
    version = model.new_model_version()
    values = {f"key {number}": 0.5 for number in range(KEYS)}
    client.flush()
    start = time.perf_counter()
    for step in range(POINTS // KEYS):
        version.log_metrics(values, step=step)
        if step % 5_000 == 0:
            client.flush()  # the buffer is bounded: a loop that does nothing but log would overrun it
    client.flush()
    read = version.metrics("key 0")  # waits for the view
    seconds = time.perf_counter() - start
    assert len(read["key 0"]) == POINTS // KEYS
    return Figure("SDK to view", f"{per_second(POINTS, seconds)} points", target="≥ 150,000 points/s")

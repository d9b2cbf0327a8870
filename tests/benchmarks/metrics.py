"""Metrics through SDK, gRPC, log and view; and what `log_metrics` costs the training loop beside TensorBoard."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable

from torch.utils.tensorboard import SummaryWriter  # pyright: ignore[reportMissingImports]  # `make bench` installs it

import modelbox
from tests.benchmarks.processes import modelbox_server
from tests.benchmarks.report import Figure, per_second

POINTS = 1_000_000
KEYS = 10
LOOP_CALLS = 20_000


async def run() -> list[Figure]:
    """Measure."""
    async with modelbox_server() as address:
        return await asyncio.to_thread(_measure, address)


def _measure(address: str) -> list[Figure]:
    with modelbox.ModelBox(address) as client:
        model = client.new_model("bench", owner="ana", namespace="bench")
        return [_loop(model), _sustained(client, model)]


def _loop(model: modelbox.Model) -> Figure:
    ours = _median_us(lambda step: model.log_metrics({"loss": 0.25}, step=step))
    with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
        tensorboard = _median_us(lambda step: writer.add_scalar("loss", 0.25, step))
    reference = f"SummaryWriter.add_scalar {tensorboard:.2f} µs"
    return Figure("log_metrics, one key", f"{ours:.2f} µs a call", reference, ours / tensorboard, "≤ 5 µs, ratio < 1")


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

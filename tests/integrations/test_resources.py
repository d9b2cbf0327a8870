"""The load of machine and process is logged beside the training, and stops with the run."""

import os

import pytest

pytest.importorskip("psutil", reason="psutil is not installed")

from modelbox import ModelBox
from tests.integration.sdk_server import wait_until

pytestmark = pytest.mark.data


def test_load_is_logged_until_the_run_ends(client: ModelBox) -> None:
    with client.start_run("load", namespace="tests") as run:
        logger = run.log_resources(interval_s=0.1)
        assert run.log_resources() is logger
        wait_until(lambda: len(run.metrics("system/cpu/percent").get("system/cpu/percent", ())) >= 3)
    assert not logger.is_running
    found = run.metrics()
    assert {"system/memory/percent", "system/process/memory_bytes", "system/process/cpu_percent"} <= found.keys()
    assert {"system/network/sent_bytes_per_s", "system/process/write_bytes_per_s"} <= found.keys()
    assert all(0 <= float(point.value) <= 100 for point in found["system/memory/percent"])
    steps = [point.step for point in found["system/cpu/percent"]]
    assert steps == sorted(steps)


def test_a_forked_child_neither_samples_nor_stops_its_parents(client: ModelBox) -> None:
    with client.start_run("load", namespace="tests") as run:
        logger = run.log_resources(interval_s=60)
        child = os.fork()
        if child == 0:
            was_running = logger.is_running
            logger.stop()
            os._exit(1 if was_running else 0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert logger.is_running


def test_the_end_of_the_client_ends_it(client: ModelBox) -> None:
    other = ModelBox(client.address)
    logger = other.start_run("load", namespace="tests").log_resources(interval_s=0.1)
    other.close()
    wait_until(lambda: not logger.is_running)

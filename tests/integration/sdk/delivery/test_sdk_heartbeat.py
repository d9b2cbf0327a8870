"""The heartbeat of runs, on the real server: it goes on, survives the server, and ends with the run or the client."""

import os
import threading
from datetime import datetime

import pytest

from modelbox import ModelBox, Run
from tests.integration.sdk_server import SdkServer, wait_until


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beat often: the server says how often."""
    monkeypatch.setattr("modelbox_gateway.rpc.methods.run.HEARTBEAT_NEXT_S", 0.05)
    monkeypatch.setattr("modelbox.heartbeat.HEARTBEAT_S_MIN", 0.05)
    monkeypatch.setattr("modelbox.heartbeat.HEARTBEAT_S", 0.05)


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.start_run("digits", source=False)


def heard_of(run: Run) -> datetime | None:
    return run.refreshed().last_heard_of_at


def test_a_run_is_heard_of_again_and_again_until_it_ends(run: Run) -> None:
    wait_until(lambda: heard_of(run) is not None)
    first = heard_of(run)
    wait_until(lambda: heard_of(run) != first)
    run.finish()
    run._session.flush()
    assert run._session.heartbeat._runs == set()


def test_a_server_that_is_away_is_no_error_and_is_told_when_it_is_back(
    sdk_server: SdkServer, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    wait_until(lambda: heard_of(run) is not None)
    sdk_server.stop()
    sdk_server.start()
    before = heard_of(run)
    wait_until(lambda: heard_of(run) != before)
    assert not [record for record in caplog.records if "heartbeat" in record.getMessage()]


def test_a_forked_child_says_nothing_of_its_parents_runs(run: Run) -> None:
    child = os.fork()
    if child == 0:
        heartbeat = run._session.heartbeat
        os._exit(0 if heartbeat._runs == set() and heartbeat._thread is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert run._session.heartbeat._runs == {run.id}


def test_the_thread_ends_with_the_client(sdk_server: SdkServer) -> None:
    with ModelBox(sdk_server.address) as client:
        run = client.start_run("digits", source=False)
        thread = run._session.heartbeat._thread
        assert thread is not None
        assert thread.daemon
        several = [client.start_run("digits", source=False) for _ in range(3)]
        assert [one.name for one in threading.enumerate()].count("modelbox-heartbeat") == 1
        assert len(run._session.heartbeat._runs) == 1 + len(several)
    thread.join(10)
    assert not thread.is_alive()


def test_a_run_that_the_server_refuses_does_not_silence_the_others(
    run: Run, client: ModelBox, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as one whose creation waits in a journal; also where there are more runs than one call may name."""
    unknown = [f"0000000{number}-0000-4000-8000-000000000000" for number in range(3)]
    for run_id in (*unknown, "ffffffff-0000-4000-8000-000000000000"):
        client._session.heartbeat.start(run_id)
    before = heard_of(run)
    wait_until(lambda: heard_of(run) != before)
    told = [record for record in caplog.records if "heartbeat" in record.getMessage()]
    assert [record.levelname for record in told].count("WARNING") <= 1


def test_more_runs_than_one_call_may_name_are_all_said_to_be_alive(
    client: ModelBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelbox_gateway.rpc.methods.run.HEARTBEAT_RUNS_MAX", 2)
    several = [client.start_run("digits", source=False) for _ in range(5)]
    wait_until(lambda: all(heard_of(one) is not None for one in several))

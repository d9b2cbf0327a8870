"""What was logged for one log is sent to no other one unasked, whatever server has its address by then."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelbox import AnotherLogError, ModelBox, Run
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport.methods import LOG_EVENT
from modelbox_events import Log
from modelbox_events.fork import fork
from tests.integration.journal_support import check, left, logged_steps, refused, sync, train, trained
from tests.integration.sdk_server import SdkServer, wait_until


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("digits").new_run(source=False, heartbeat=False)


@pytest.fixture
def other_server(sdk_server: SdkServer, other_dsn: str, tmp_path: Path) -> Iterator[SdkServer]:
    """Another project's server, to be started at the address of the first one."""
    server = SdkServer(other_dsn, tmp_path / "other_blobs")
    server.address = sdk_server.address
    yield server
    server.stop()


BOUND = """
log([0])
client.flush()
ready()
log(range(1, 100))
run.update_metadata("note", "of A")
"""
"""A trainer that has heard of the log before the server goes away."""


def leave_journal_bound_to(server: SdkServer, run: Run) -> None:
    """Have a trainer leave 99 points and one call for the server's log, and stop the server."""
    with train(BOUND, server.address, run.id) as trainer:
        assert trainer.stdout is not None
        assert trainer.stdout.readline() == b"ready\n"
        server.stop()
        trainer.communicate(b"\n", timeout=60)


def test_a_journal_is_not_sent_to_another_log_at_its_address_and_goes_to_its_own_when_that_is_back(
    sdk_server: SdkServer, other_server: SdkServer, run: Run, journal_folder: Path
) -> None:
    leave_journal_bound_to(sdk_server, run)
    other_server.start()
    before = other_server.position()
    # Neither by the next client that logs there,
    with ModelBox(other_server.address) as client:
        mine = client.new_experiment("of B").new_run(source=False, heartbeat=False)
        mine.log_metrics({"loss": 1.0}, step=1)
        client.flush()
        events = other_server.events()[before:]
        assert not any(run.id.encode() in (event.json or b"") for event in events)
    # nor by the command, which says what to do.
    [kept] = sync(other_server.address, exit_code=1)
    assert (kept["points"], kept["calls"], kept["refused"], kept["waiting"]) == (0, 0, 0, 2)
    assert "client sync --from-another-log" in kept["problems"][0]
    # What waits is counted as `client journal` counts it.
    assert (kept["waiting_points"], kept["waiting_calls"]) == (99, 1)
    assert [(found.points, found.calls) for found in left(journal_folder)] == [(99, 1)]
    assert logged_steps(other_server, run.id) == []
    other_server.stop()
    sdk_server.start()
    assert [row["waiting"] for row in sync(sdk_server.address)] == [0]
    check(sdk_server, run.id, range(100))
    assert left(journal_folder) == []


def test_a_running_client_keeps_what_it_logs_until_its_own_log_is_back_and_tells_once(
    sdk_server: SdkServer, other_server: SdkServer, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    client = ModelBox(sdk_server.address)
    mine = client.object(run.id)
    mine.log_metrics({"loss": 0.0}, step=0)
    client.flush()
    sdk_server.stop()
    other_server.start()
    for step in range(1, 100):
        mine.log_metrics({"loss": float(step)}, step=step)
    wait_until(lambda: "has another log" in client.delivery().trouble)
    assert logged_steps(other_server, run.id) == []
    # A write that somebody waits for is told at once, one that can wait is made in its own log later.
    with pytest.raises(AnotherLogError):
        client._session.connection.call(LOG_EVENT, pb.LogEventRequest(parent_id=run.id))
    created = client.new_experiment("later")
    other_server.stop()
    sdk_server.start()
    client.flush()
    check(sdk_server, run.id, range(100))
    assert client.experiment(created.id).name == "later"
    client.close()
    told = [record for record in caplog.records if "has another log" in record.getMessage()]
    assert len(told) == 1


def test_what_was_logged_before_any_log_was_heard_of_goes_to_the_first_that_takes_it(
    sdk_server: SdkServer, other_server: SdkServer, run: Run, journal_folder: Path
) -> None:
    sdk_server.stop()
    assert trained("log(range(10))", sdk_server.address, run.id) == 0
    assert [found.log for found in left(journal_folder)] == [""]
    other_server.start()
    # It took it, and says that it knows no such run.
    [sent] = sync(other_server.address, exit_code=1)
    assert (sent["refused"], sent["waiting"]) == (1, 0)
    assert (sent["refused_points"], sent["refused_calls"]) == (10, 0)
    other_server.stop()
    # By then it was bound: what that log refused, another one gets only on purpose.
    sdk_server.start()
    [kept] = refused(sdk_server.address, exit_code=1)
    assert kept["outcome"] == "unanswered"
    assert logged_steps(sdk_server, run.id) == []
    [sent_now] = refused(sdk_server.address, "--from-another-log")
    assert sent_now["outcome"] == "recorded"
    check(sdk_server, run.id, range(10))


def test_a_journal_of_another_log_is_sent_on_purpose(
    sdk_server: SdkServer, other_server: SdkServer, run: Run, journal_folder: Path
) -> None:
    leave_journal_bound_to(sdk_server, run)
    other_server.start()
    with ModelBox(other_server.address) as client:
        other_run = client.new_experiment("digits").new_run(source=False, heartbeat=False, id=run.id)
    assert other_run.id == run.id
    [sent] = sync(other_server.address, "--from-another-log")
    assert (sent["points"], sent["calls"], sent["waiting"]) == (99, 1, 0)
    assert logged_steps(other_server, run.id) == list(range(1, 100))
    assert left(journal_folder) == []


async def test_a_fork_of_the_log_takes_the_journal(sdk_server: SdkServer, run: Run) -> None:
    leave_journal_bound_to(sdk_server, run)
    await fork(sdk_server.dsn, reason="a copy lives")
    sdk_server.start()
    assert [row["waiting"] for row in sync(sdk_server.address)] == [0]
    check(sdk_server, run.id, range(100))
    log = await Log.open(sdk_server.dsn)
    assert len(log.epochs.all) == 2
    await log.close()

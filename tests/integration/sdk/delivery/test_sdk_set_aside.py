"""What is refused, or fails alone, is set aside: it blocks nothing, is told, is sent again or dropped on request."""

import logging
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic

import grpc
import pytest

from modelbox import ModelBox, NotFoundError, RefusedError, Run, UnavailableError, backoff, refusals
from modelbox.delivery import waiting
from modelbox.journal import aside
from modelbox.journal.folder import JournalSettings
from modelbox.values import LocalFile
from tests.integration.hostile_server import Forwarder, HostileServer, Said
from tests.integration.journal_support import MODELBOX, check, left, logged_steps, refused, sync, trained
from tests.integration.sdk_server import SdkServer, wait_until

Spoil = Callable[[str, bytes], Said | None]
WRONGLY_REFUSED = Said(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
UNKNOWN_RUN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("digits").new_run(source=False, heartbeat=False)


@pytest.fixture
def forwarder(sdk_server: SdkServer) -> Iterator[Forwarder]:
    """Hands calls on to the server; a test spoils some."""
    forwarder = Forwarder(sdk_server.address, lambda _method, _request: None)
    yield forwarder
    forwarder.close()


@pytest.fixture
def before(forwarder: Forwarder) -> Iterator[str]:
    """The address of what stands before the server."""
    with HostileServer(forwarder).serving() as address:
        yield address


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries are short."""
    monkeypatch.setattr(backoff, "BACKOFF_S_MAX", 0.1)


def poisoned(said: Said) -> Spoil:
    return lambda _method, request: said if b"poison" in request else None


def test_what_an_older_gateway_refuses_wrongly_is_recorded_when_it_is_sent_again(
    sdk_server: SdkServer, run: Run, journal_folder: Path
) -> None:
    """An older gateway blames its database's trouble on the request, with a reason of ours that is final."""
    address = sdk_server.address
    sdk_server.stop()
    program = "log(range(500))\nrun.update_metadata('note', 'kept')\nrun.log_event('epoch', wallclock=1.7e9)"
    assert trained(program, address, run.id) == 0
    with HostileServer(WRONGLY_REFUSED).serving(address):
        [sent] = sync(address, exit_code=1)
        assert (sent["points"], sent["refused"], sent["waiting"], sent["dropped"]) == (0, 3, 0, 0)
        assert left(journal_folder) == []
        again = refused(address, exit_code=1)
        assert [one["outcome"] for one in again] == ["refused"] * 3
    sdk_server.start()
    shown = refused(address, "--show")
    assert [(one["method"], one["points"], one["reason"]) for one in shown] == [
        ("LogMetricsBatch", 500, "INVALID_FIELD"),
        ("UpdateMetadata", 0, "INVALID_FIELD"),
        ("LogEvent", 0, "INVALID_FIELD"),
    ]
    assert logged_steps(sdk_server, run.id) == []
    assert [one["outcome"] for one in refused(address)] == ["recorded"] * 3
    check(sdk_server, run.id, range(500))
    assert run.metadata() == {"note": "kept"}
    assert [event.name for event in run.events()] == ["epoch"]
    assert refused(address) == []
    assert list(journal_folder.glob("*.refused")) == []


def test_what_was_recorded_and_then_refused_is_recorded_once(
    sdk_server: SdkServer, run: Run, forwarder: Forwarder
) -> None:
    """The answer is spoilt after the server has recorded: the key of the first try goes with the second."""
    spoilt: list[str] = []

    def decide(method: str, request: bytes, headers: Mapping[str, str]) -> Said | bytes:
        answer = forwarder(method, request, headers)
        if method == "LogMetricsBatch" and not spoilt:
            spoilt.append(method)
            return WRONGLY_REFUSED
        return answer

    with HostileServer(decide).serving() as address:
        with ModelBox(address) as client:
            for step in range(100):
                client.object(run.id).log_metrics({"loss": float(step)}, step=step)
            with pytest.raises(RefusedError, match=r"100 metric points refused: .* sync --refused"):
                client.flush()
        assert [one["outcome"] for one in refused(address)] == ["recorded"]
    check(sdk_server, run.id, range(100))


def test_a_running_client_sets_aside_and_says_so(
    sdk_server: SdkServer, client: ModelBox, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = tmp_path / "gone.pt"
    gone.write_bytes(b"weights")
    sdk_server.stop()
    client.object(UNKNOWN_RUN).log_metrics({"loss": 1.0}, step=1)
    client._session.deliver_upload(run.id, LocalFile(gone, label="gone.pt"))
    gone.rename(tmp_path / "moved.pt")
    run.log_metrics({"loss": 1.0}, step=1)
    sdk_server.start()
    with caplog.at_level(logging.WARNING, logger="modelbox"), pytest.raises(RefusedError, match="set aside"):
        client.flush()
    assert "client sync --refused" in caplog.text
    delivery = client.delivery()
    assert (delivery.refused, delivery.refused_calls, delivery.acknowledged, delivery.dropped) == (1, 1, 1, 0)
    (tmp_path / "moved.pt").rename(gone)
    # The client still runs; what it has set aside can be sent all the same.
    outcomes = {one["method"]: one["outcome"] for one in refused(sdk_server.address, exit_code=1)}
    assert outcomes == {"LogMetricsBatch": "refused", "UploadFile": "recorded"}
    assert [artifact.path for artifact in run.artifacts()] == ["gone.pt"]


def test_what_a_caller_was_told_is_not_set_aside(client: ModelBox) -> None:
    experiment = client.new_experiment("digits")
    with pytest.raises(NotFoundError):
        experiment.new_run(parent=UNKNOWN_RUN, source=False)
    client.flush()
    assert refused(client.address) == []


def test_what_is_set_aside_is_dropped_only_on_request(sdk_server: SdkServer, run: Run) -> None:
    address = sdk_server.address
    sdk_server.stop()
    lost = f"client.object('{UNKNOWN_RUN}').log_event"
    program = f"{lost}('a')\nlog(range(3))\n{lost}('b')"
    assert trained(program, address, run.id) == 0
    sdk_server.start()
    sync(address, exit_code=1)
    first, second = refused(address, "--show")
    assert first["reason"] == "OBJECT_NOT_FOUND"
    assert refused(address, "--drop", "--key", "unknown", exit_code=1) == []
    assert [one["outcome"] for one in refused(address, "--drop", "--key", first["key"])] == ["dropped"]
    assert [one["key"] for one in refused(address, "--show")] == [second["key"]]
    table = subprocess.run(
        [MODELBOX, "client", "sync", "--refused", "--server-addr", address], capture_output=True, text=True, check=False
    )
    assert table.returncode == 1
    assert second["key"] in table.stdout
    assert "--refused --drop" in table.stderr
    listed = subprocess.run([MODELBOX, "client", "journal"], capture_output=True, text=True, check=True)
    assert "refused within the last day and set aside: 1 call; see" in listed.stderr
    assert [one["outcome"] for one in refused(address, "--drop")] == ["dropped"]
    assert refused(address, "--show") == []
    sdk_server.stop()
    assert subprocess.run([MODELBOX, "client", "sync", "--drop"], capture_output=True, check=False).returncode == 2


def test_a_server_that_is_away_leaves_what_is_set_aside(sdk_server: SdkServer, run: Run, journal_folder: Path) -> None:
    address = sdk_server.address
    with HostileServer(WRONGLY_REFUSED).serving() as hostile:
        trained("log(range(5))", hostile, run.id)
        settings = JournalSettings(journal_folder)
        sdk_server.stop()
        with pytest.raises(UnavailableError):
            refusals.resend_refused(settings, address, written_for=hostile, away_s_max=0.5)
        sdk_server.start()
        [sent] = refusals.resend_refused(settings, address, written_for=hostile, away_s_max=10)
    assert (sent.outcome, sent.points) == (refusals.Outcome.RECORDED, 5)
    check(sdk_server, run.id, range(5))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "said",
    [
        Said(grpc.StatusCode.INTERNAL, "INTERNAL"),
        Said(grpc.StatusCode.UNKNOWN),
        Said(grpc.StatusCode.INVALID_ARGUMENT, "FROM_THE_FUTURE"),
        Said(grpc.StatusCode.RESOURCE_EXHAUSTED),
        Said(grpc.StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE"),
        Said(grpc.StatusCode.DEADLINE_EXCEEDED),
    ],
    ids=lambda said: f"{said.code.name} {said.reason}",
)
def test_a_record_that_fails_alone_is_set_aside_and_blocks_nothing(
    sdk_server: SdkServer, run: Run, forwarder: Forwarder, before: str, said: Said
) -> None:
    forwarder.spoil = poisoned(said)
    with ModelBox(before) as client:
        mine = client.object(run.id)
        for step in range(50):
            mine.log_metrics({"loss": float(step)}, step=step)
        mine.log_event("poison", wallclock=1.7e9)
        step = 50
        while not client.delivery().refused_calls:
            mine.log_metrics({"loss": float(step)}, step=step)
            step += 1
            wait_until(lambda: client.delivery().waiting == 0)
        with pytest.raises(RefusedError, match="1 call refused"):
            client.flush()
    assert sorted(logged_steps(sdk_server, run.id)) == list(range(step))
    forwarder.spoil = lambda _method, _request: None
    assert [(one["method"], one["outcome"]) for one in refused(before)] == [("LogEvent", "recorded")]
    assert [event.name for event in run.events()] == ["poison"]


@pytest.mark.usefixtures("quick")
def test_what_a_creation_that_fails_is_the_parent_of_waits_for_it_and_others_do_not(
    sdk_server: SdkServer, run: Run, forwarder: Forwarder, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "OFFLINE_AFTER_S", 0.2)
    forwarder.spoil = poisoned(Said(grpc.StatusCode.INTERNAL, "INTERNAL"))
    with ModelBox(before) as client:
        experiment = client.experiment(id=run.experiment_id)
        spoilt = experiment.new_run("poison", source=False, heartbeat=False)
        spoilt.log_metrics({"loss": 0.0}, step=0)
        client.object(run.id).log_metrics({"loss": 0.0}, step=0)
        wait_until(lambda: logged_steps(sdk_server, run.id) == [0])
        assert client.delivery().refused == 0
        assert client.delivery().waiting == 1
        forwarder.spoil = lambda _method, _request: None
        client.flush()
        assert logged_steps(sdk_server, spoilt.id) == [0]
    assert refused(before, "--show") == []


@pytest.mark.usefixtures("quick")
def test_values_of_one_object_are_never_written_in_another_order(
    sdk_server: SdkServer, run: Run, forwarder: Forwarder, before: str
) -> None:
    forwarder.spoil = poisoned(Said(grpc.StatusCode.INTERNAL, "INTERNAL"))
    with ModelBox(before) as client:
        mine = client.object(run.id)
        mine.update_metadata("note", "poison")
        mine.update_metadata("note", "later")
        mine.log_metrics({"loss": 0.0}, step=0)
        wait_until(lambda: logged_steps(sdk_server, run.id) == [0])
        forwarder.spoil = lambda _method, _request: None
        client.flush()
    assert [change.value for change in run.metadata_history("note")] == ["later", "poison"]


def test_what_finds_no_room_is_dropped_counted_and_told(
    sdk_server: SdkServer, client: ModelBox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(aside, "REFUSED_RECORDS_MAX", 2)
    lost = client.object(UNKNOWN_RUN)
    for number in range(5):
        lost.log_event(f"e{number}")
    with caplog.at_level(logging.WARNING, logger="modelbox"), pytest.raises(RefusedError):
        client.flush()
    assert (client.delivery().refused_calls, client.delivery().dropped_calls) == (2, 3)
    assert caplog.text.count("no room to set aside") == 1
    assert len(refused(sdk_server.address, "--show")) == 2


def test_the_pause_that_a_server_asks_for_is_kept_within_a_bound(
    run: Run, forwarder: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[float] = []
    asked = [0.7, 1e9]
    monkeypatch.setattr(backoff, "RETRY_AFTER_S_MAX", 1.0)

    def spoil(method: str, _request: bytes) -> Said | None:
        if method != "LogMetricsBatch":
            return None
        times.append(monotonic())
        if not asked:
            return None
        return Said(grpc.StatusCode.RESOURCE_EXHAUSTED, "LOG_OVERLOADED", retry_after_s=asked.pop(0))

    forwarder.spoil = spoil
    with HostileServer(forwarder).serving() as address, ModelBox(address) as client:
        client.object(run.id).log_metrics({"loss": 0.0}, step=0)
        client.flush()
    assert times[1] - times[0] >= 0.7
    assert 1.0 <= times[2] - times[1] < 10

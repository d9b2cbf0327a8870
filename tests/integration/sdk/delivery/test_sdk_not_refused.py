"""What is logged is given up only when a ModelBox server refuses it in its own words; a hostile server stands in."""

import logging
from pathlib import Path

import grpc
import pytest

from modelbox import (
    AccessDeniedError,
    FlushTimeoutError,
    InvalidFieldError,
    ModelBox,
    ModelBoxClient,
    ModelBoxError,
    Run,
    RunEndedError,
    ServerError,
    UnsupportedError,
    backoff,
)
from modelbox.heartbeat import Heartbeat
from modelbox.integrations.keeper import UPLOADED_FILES, CheckpointKeeper, Saved
from modelbox.limits import DEFECT_TRIES_MAX, HEARTBEAT_S
from modelbox.transport.connection import Connection
from tests.integration.hostile_server import Forwarder, HostileServer, HttpProxy, Said, every_code
from tests.integration.journal_support import check, left, logged_steps, shown, sync, trained
from tests.integration.sdk_server import SdkServer, wait_until

CODES = {
    "bare": every_code(),
    "of another service": every_code("INVALID_FIELD", "example.com"),
    "of a newer ModelBox": every_code("FROM_THE_FUTURE"),
    "ours, not of the request": every_code("INTERNAL"),
}


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("digits").new_run(source=False, heartbeat=False)


@pytest.mark.parametrize("kind", CODES)
def test_no_status_code_without_our_own_final_reason_costs_a_point(
    sdk_server: SdkServer, client: ModelBox, run: Run, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """1,000 points, logged while each status code in turn is what every call is answered with."""
    monkeypatch.setattr(backoff, "BACKOFF_S_MAX", 0.2)
    sdk_server.stop()
    said = CODES[kind]
    hostile = HostileServer(said[0])
    batch = 1_000 // len(said)
    with hostile.serving(sdk_server.address):
        for number, answer in enumerate(said):
            hostile.say(answer)
            for step in range(number * batch, (number + 1) * batch if number < len(said) - 1 else 1_000):
                run.log_metrics({"loss": float(step)}, step=step)
            hostile.wait_for_calls(2)
    assert (client.delivery().waiting, client.delivery().refused) == (1_000, 0)
    sdk_server.start()
    client.flush()
    # Of several batches that failed, any may have been the first that was recorded.
    assert sorted(logged_steps(sdk_server, run.id)) == shown(sdk_server, run.id) == list(range(1_000))


@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "PERMISSION_DENIED", "UNIMPLEMENTED", "INTERNAL", "UNKNOWN"])
def test_what_a_trainer_left_survives_a_server_that_answers_all_calls_wrongly(
    sdk_server: SdkServer, run: Run, journal_folder: Path, code: str
) -> None:
    sdk_server.stop()
    program = "log(range(500))\nrun.log_event('epoch', wallclock=1.7e9)\nlog(range(500, 1000))"
    with HostileServer(Said(grpc.StatusCode[code])).serving(sdk_server.address):
        assert trained(program, sdk_server.address, run.id) == 0
        [sent] = sync(sdk_server.address, exit_code=1)
        assert (sent["points"], sent["refused"]) == (0, 0)
        assert sent["waiting"] > 0
        assert code in sent["problems"][0]
    assert [(found.points, found.calls) for found in left(journal_folder)] == [(1_000, 1)]
    sdk_server.start()
    sync(sdk_server.address)
    check(sdk_server, run.id, range(1_000))
    assert [event.name for event in run.events()] == ["epoch"]


@pytest.mark.parametrize("status", [404, 401, 403, 413, 502, 400])
def test_the_page_of_a_proxy_costs_nothing(sdk_server: SdkServer, client: ModelBox, run: Run, status: int) -> None:
    sdk_server.stop()
    proxy = HttpProxy(status)
    with proxy.serving(sdk_server.address):
        for step in range(1_000):
            run.log_metrics({"loss": float(step)}, step=step)
        run.update_metadata("note", "kept")
        wait_until(lambda: proxy.answers >= 8)
    sdk_server.start()
    client.flush()
    check(sdk_server, run.id, range(1_000))
    assert run.metadata() == {"note": "kept"}


def test_who_waits_is_told_what_the_server_answered_instead(
    sdk_server: SdkServer, client: ModelBox, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    sdk_server.stop()
    hostile = HostileServer(Said(grpc.StatusCode.PERMISSION_DENIED))
    with hostile.serving(sdk_server.address), caplog.at_level(logging.WARNING, logger="modelbox"):
        for step in range(10):
            run.log_metrics({"loss": float(step)}, step=step)
        with pytest.raises(FlushTimeoutError, match=r"10 metric points .* are kept .* PERMISSION_DENIED") as late:
            client.flush(2.0)
        assert late.value.cause is not None
        assert "PERMISSION_DENIED" in client.delivery().trouble
        wait_until(lambda: len(hostile.calls) >= 8)
    assert sum("PERMISSION_DENIED" in message for message in caplog.messages) == 1
    sdk_server.start()
    client.flush()
    assert client.delivery().trouble == ""


def _is_told(caplog: pytest.LogCaptureFixture, text: str) -> bool:
    return text in caplog.text


def test_a_checkpoint_that_is_turned_away_waits_and_holds_up_no_other(
    sdk_server: SdkServer, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its record is made, and its file is turned away by a proxy that takes no uploads."""
    turned_away: set[str] = set()

    def answer(method: str, request: bytes) -> Said | None:
        if method != "UploadFile":
            return None
        turned_away.update(name for name in ("1.ckpt", "2.ckpt") if name.encode() in request)
        return Said(grpc.StatusCode.PERMISSION_DENIED)

    forwarder = Forwarder(sdk_server.address, answer)
    hostile = HostileServer(forwarder)
    with hostile.serving() as address:
        with ModelBox(address) as client, caplog.at_level(logging.WARNING):
            keeper = CheckpointKeeper(client.run(run.id), upload=True)
            for step in (1, 2):
                path = tmp_path / f"{step}.ckpt"
                path.write_bytes(b"weights")
                keeper.keep(Saved(path=str(path), step=step, metrics={}, metadata={}))
            wait_until(lambda: turned_away == {"1.ckpt", "2.ckpt"}, timeout_s=60)
            assert {checkpoint.step for checkpoint in run.checkpoints()} == {1, 2}
        sync(sdk_server.address, "--written-for", address)
    wait_until(lambda: [one.metadata().get(UPLOADED_FILES) for one in run.checkpoints()] == [1, 1])
    forwarder.close()


def test_checkpoints_outlast_a_server_that_turns_everything_away(
    sdk_server: SdkServer, client: ModelBox, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = CheckpointKeeper(run, upload=True)
    sdk_server.stop()
    hostile = HostileServer(Said(grpc.StatusCode.UNAUTHENTICATED))
    with hostile.serving(sdk_server.address):
        for step in (1, 2):
            path = tmp_path / f"{step}.ckpt"
            path.write_bytes(b"weights")
            keeper.keep(Saved(path=str(path), step=step, metrics={}, metadata={}))
        hostile.wait_for_calls(8)
    sdk_server.start()
    client.flush()
    assert "was not recorded" not in caplog.text
    assert [one.metadata()[UPLOADED_FILES] for one in run.checkpoints()] == [1, 1]


def test_a_heartbeat_that_is_turned_away_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    hostile = HostileServer(Said(grpc.StatusCode.PERMISSION_DENIED))
    with hostile.serving() as address, caplog.at_level(logging.WARNING, logger="modelbox"):
        heartbeat = Heartbeat(Connection(address))
        for _ in range(3):
            assert heartbeat._beat(["00000000-0000-4000-8000-000000000000"]) == HEARTBEAT_S
    assert caplog.text.count("a heartbeat did not arrive") == 1


def test_a_call_that_somebody_waits_for_is_tried_again_with_its_key_when_the_server_fails() -> None:
    answers: list[Said | bytes] = [Said(grpc.StatusCode.INTERNAL, "INTERNAL"), Said(grpc.StatusCode.UNKNOWN), b""]
    hostile = HostileServer(lambda *_: answers.pop(0))
    with hostile.serving() as address, ModelBoxClient(address) as client:
        client.create_model("digits")
    assert len({headers["modelbox-idempotency-key"] for _, headers in hostile.calls}) == 1
    assert len(hostile.calls) == 3


@pytest.mark.parametrize(
    ("said", "error", "tries"),
    [
        (Said(grpc.StatusCode.INTERNAL, "INTERNAL"), ServerError, DEFECT_TRIES_MAX),
        (Said(grpc.StatusCode.UNAUTHENTICATED), AccessDeniedError, 1),
        (Said(grpc.StatusCode.PERMISSION_DENIED), AccessDeniedError, 1),
        (Said(grpc.StatusCode.UNIMPLEMENTED), UnsupportedError, 1),
        (Said(grpc.StatusCode.INVALID_ARGUMENT), InvalidFieldError, 1),
        (Said(grpc.StatusCode.INVALID_ARGUMENT, "FROM_THE_FUTURE"), InvalidFieldError, 1),
        (Said(grpc.StatusCode.FAILED_PRECONDITION, "RUN_ENDED", "example.com"), ServerError, DEFECT_TRIES_MAX),
        (Said(grpc.StatusCode.FAILED_PRECONDITION, "RUN_ENDED"), RunEndedError, 1),
    ],
)
def test_who_waits_gets_the_error_that_the_answer_means(said: Said, error: type[ModelBoxError], tries: int) -> None:
    hostile = HostileServer(said)
    with hostile.serving() as address, ModelBoxClient(address) as client, pytest.raises(ModelBoxError) as raised:
        client.create_model("digits")
    assert type(raised.value) is error
    assert raised.value.final == (said.reason == "RUN_ENDED" and said.domain == "modelbox")
    assert len(hostile.calls) == tries

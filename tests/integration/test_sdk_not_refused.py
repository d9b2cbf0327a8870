"""What is logged is given up only when a ModelBox server refuses it in its own words; a hostile server stands in."""

import logging
from pathlib import Path

import grpc
import pytest

from modelbox import FlushTimeoutError, ModelBox, Run, backoff
from tests.integration.hostile_server import HostileServer, HttpProxy, Said, every_code
from tests.integration.journal_support import check, left, sync, trained
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
    check(sdk_server, run.id, range(1_000))


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

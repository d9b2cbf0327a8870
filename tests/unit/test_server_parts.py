"""Masking, readiness, the lock of a data folder, the metrics: what needs no server."""

import asyncio
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from prometheus_client import generate_latest

from modelbox_events import Position
from modelbox_gateway.logging import mask_secrets
from modelbox_gateway.masking import masked
from modelbox_gateway.metrics import FeedSample, LogSample, ProjectionSample, Samples, observe_rpc, registry_of
from modelbox_gateway.operator_errors import DataFolderError, DataFolderInUseError, NotRunningError
from modelbox_gateway.readiness import Check, Readiness, once_ready
from modelbox_gateway.runfile import RUN_FILE_NAME, DataFolderLock, RunFile, read_run_file
from modelbox_gateway.standstill import STILL_S_MAX, Standstill
from modelbox_projections import ProjectionState
from modelbox_projections.state import Role, Status

RUN_FILE = RunFile(
    pid=1, roles=("gateway",), grpc_addr="127.0.0.1:1", http_addr="127.0.0.1:2", prometheus_addr="127.0.0.1:3",
    postgres_dsn="postgresql://h/d", nats_url="nats://h:1", log_id="x", data_dir="d",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://user:hunter2@host:5432/db", "postgresql://user:***@host:5432/db"),
        ("cannot reach postgres://u:p@ss:w@rd@host/db today", "cannot reach postgres://u:***@host/db today"),
        ("nats://:hunter2@host:4222", "nats://:***@host:4222"),
        ("postgresql://host/db?user=u&password=hunter2&x=1", "postgresql://host/db?user=u&password=***&x=1"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("postgresql://me@host/db?sslpassword=hunter2&x=1", "postgresql://me@host/db?sslpassword=***&x=1"),
        ("host=h password='hunter 2' sslpassword = hunter2", "host=h password=*** sslpassword = ***"),
        ("nats://hunter2@host:4222", "nats://***@host:4222"),
        ("tls://hunter2@a:4222,nats://b:4222,nats://u:hunter2@c", "tls://***@a:4222,nats://b:***@c"),
        ("S3Settings(access_key='a', secret_key='hunter2')", "S3Settings(access_key='a', secret_key=***)"),
        ('{"user": "u", "password": "hunter2"}', '{"user": "u", "password": ***}'),
        ("MODELBOX_ARTIFACT_STORAGE_S3_SECRET_KEY=hunter2", "MODELBOX_ARTIFACT_STORAGE_S3_SECRET_KEY=***"),
        ("artifact_storage_s3.secret_key: is empty", "artifact_storage_s3.secret_key: is empty"),
        ("password authentication failed", "password authentication failed"),
    ],
)
def test_passwords_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_passwords_are_masked_in_what_a_renderer_turns_into_text() -> None:
    """An error that is logged as a field, and whatever else is no text yet."""
    fields = {"error": OSError("nats://hunter2@host"), "parts": {"a": [ValueError("sslpassword=hunter2")]}, "n": 3}
    logged = mask_secrets(None, "info", dict(fields))
    assert logged == {"error": "nats://***@host", "parts": {"a": ["sslpassword=***"]}, "n": 3}


def test_lock_keeps_a_second_server_out_and_names_the_first(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path), pytest.raises(DataFolderInUseError, match=rf"pid {os.getpid()}\) runs on data_dir"):
        DataFolderLock(tmp_path).__enter__()
    with DataFolderLock(tmp_path):
        pass


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError, match="set another data_dir"):
        DataFolderLock(tmp_path / "file" / "below").__enter__()


def test_run_file_counts_only_while_the_lock_is_held(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path) as lock:
        with pytest.raises(NotRunningError, match="is starting"):
            read_run_file(tmp_path)
        lock.publish(RUN_FILE)
        assert read_run_file(tmp_path) == RUN_FILE
        assert stat.S_IMODE((tmp_path / RUN_FILE_NAME).stat().st_mode) == 0o600
    assert not (tmp_path / RUN_FILE_NAME).exists()
    # As a killed server leaves it.
    (tmp_path / RUN_FILE_NAME).write_bytes(msgspec.json.encode(RUN_FILE))
    with pytest.raises(NotRunningError, match="its lock is free"):
        read_run_file(tmp_path)


def test_folder_without_a_server_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError, match="the folder does not exist"):
        read_run_file(tmp_path / "none")


def check_of(*answers: str) -> Check:
    """Return a check that gives these answers in turn, the last one for ever."""
    left = list(answers)

    async def ask() -> str:
        return left.pop(0) if len(left) > 1 else left[0]

    return ask


async def test_service_is_ready_when_every_part_is() -> None:
    readiness = Readiness(("log", "feed"), details=lambda: {"position": 7})
    readiness.watch("log", check_of(""))
    report = await readiness.report()
    assert (report.status, report.missing) == ("starting", ("feed: not started yet",))
    readiness.watch("feed", check_of("no server answers", ""))
    assert (await readiness.report()).parts == {"log": "ready", "feed": "no server answers"}
    ready = await readiness.report()
    assert (ready.status, ready.missing, ready.details) == ("ready", (), {"position": 7})
    readiness.stop()
    assert (await readiness.report()).status == "stopping"


async def test_service_that_was_ready_does_not_say_that_it_starts() -> None:
    readiness = Readiness(("log",), details=dict)
    readiness.watch("log", check_of("starting", "", "no server answers"))
    assert [(await readiness.report()).status for _ in range(3)] == ["starting", "ready", "not ready"]


async def test_part_that_does_not_answer_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang() -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr("modelbox_gateway.readiness.CHECK_TIMEOUT_S", 0.01)
    readiness = Readiness(("log",), details=dict)
    readiness.watch("log", hang)
    assert (await readiness.report()).missing == ("log: no answer in 0.01 s",)


async def test_part_that_was_ready_once_stays_so() -> None:
    check = once_ready(check_of("starting", "", "unavailable"))
    assert [await check(), await check(), await check()] == ["starting", "", ""]


def test_metrics_tell_log_feed_projections_and_calls() -> None:
    samples = Samples(
        log=lambda: LogSample(12, 5, 1, 0.0),
        feed=lambda: FeedSample("running", 10, 2, 0.5, 10),
        projections=lambda: [ProjectionSample("models", "paused", 9, 3)],
    )
    observe_rpc("CreateModel", "OK", 0.003)
    lines = generate_latest(registry_of(samples)).decode().splitlines()
    assert "modelbox_log_position 12.0" in lines
    assert "modelbox_log_appends_total 5.0" in lines
    assert "modelbox_log_queue_depth 1.0" in lines
    assert "modelbox_feed_lag_events 2.0" in lines
    assert "modelbox_feed_lag_seconds 0.5" in lines
    assert 'modelbox_feed_state{state="running"} 1.0' in lines
    assert 'modelbox_feed_state{state="halted"} 0.0' in lines
    assert 'modelbox_projection_lag_events{projection="models"} 3.0' in lines
    assert 'modelbox_projection_status{projection="models",status="paused"} 1.0' in lines
    assert any(line.startswith('modelbox_rpc_seconds_count{code="OK",method="CreateModel"}') for line in lines)
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)


def test_metrics_say_which_parts_are_fine() -> None:
    samples = Samples(log=lambda: None, feed=lambda: None, projections=tuple, fine=lambda: {"artifacts": False})
    assert 'modelbox_part_fine{part="artifacts"} 0.0' in generate_latest(registry_of(samples)).decode()


def test_metrics_of_parts_that_do_not_run_are_absent() -> None:
    samples = Samples(log=lambda: None, feed=lambda: None, projections=tuple)
    text = generate_latest(registry_of(samples)).decode()
    assert "modelbox_log_position" not in text
    assert "modelbox_feed_position" not in text


def test_views_that_nobody_folds_are_named() -> None:
    """Also where the process that should is another one, or none."""
    state = ProjectionState(
        name="models", generation=1, role=Role.ACTIVE, code_version=1, position=Position(7), hash=b"",
        status=Status.RUNNING, error=None, error_position=None, updated_at=datetime.now(UTC),
    )  # fmt: skip
    standstill = Standstill()
    for now_s in (0.0, STILL_S_MAX):
        standstill.note([state], head=9, now_s=now_s)
    assert standstill.problem(STILL_S_MAX) == ""
    assert "nobody folds models for 31 s" in standstill.problem(STILL_S_MAX + 1)
    standstill.note([msgspec.structs.replace(state, position=Position(8))], head=9, now_s=STILL_S_MAX + 2)
    assert standstill.problem(STILL_S_MAX + 3) == ""
    standstill.note([state], head=7, now_s=500.0)
    standstill.note([state], head=7, now_s=900.0)
    assert standstill.problem(900.0) == "", "a view that lacks nothing may stand"

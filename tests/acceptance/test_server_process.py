"""The life of the server's process: start, stop, a second start, a kill, an ordinary user, what it says."""

import functools
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.calls import create_model, endless_upload, position_of, watch
from tests.acceptance.server_process import FREE_PORTS, MODELBOX, ServerProcess, get_json, wait_for

STOP_S_MAX = 15.0


def test_server_starts_with_defaults_says_where_it_is_and_stops_clean(server: ServerProcess) -> None:
    info = server.start()
    assert set(info) >= {
        "grpc_addr", "http_addr", "prometheus_addr", "postgres_dsn", "nats_url", "log_id", "position", "data_dir",
    }  # fmt: skip
    assert (info["data_dir"], info["pid"], info["position"]) == (str(server.data), server.pid, 0)
    assert get_json(f"http://{info['http_addr']}/healthz") == (200, {"status": "ok"})
    status, body = get_json(f"http://{info['http_addr']}/readyz")
    assert (status, body["status"], body["missing"]) == (200, "ready", [])
    assert set(body["parts"]) == {"migrations", "log", "projections", "gateway"}
    health = get_json(f"http://{info['http_addr']}/health")[1]
    assert (health["status"], set(health["parts"])) == (
        "ok", {*body["parts"], "feed", "artifacts", "postgres server", "nats server"},
    )  # fmt: skip
    create_model(info["grpc_addr"], "a model")
    assert server.info()["position"] == 1

    assert server.stop() == 0
    assert server.left() == []
    gone = server.modelbox("server", "info")
    assert gone.returncode == 3
    assert "no server runs on data_dir" in gone.stderr
    assert "Traceback" not in server.log_text() + gone.stderr


def test_metrics_tell_what_happened(running: ServerProcess) -> None:
    info = running.info()
    create_model(info["grpc_addr"], "measured")
    with urllib.request.urlopen(f"http://{info['prometheus_addr']}/metrics", timeout=5) as answer:
        assert answer.headers["content-type"].startswith("text/plain")
        lines = answer.read().decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(values["modelbox_log_position"]) >= 1
    assert float(values["modelbox_log_appends_total"]) >= 1
    assert float(values["modelbox_log_queue_depth"]) == 0
    assert values['modelbox_feed_state{state="running"}'] == "1.0"
    assert values['modelbox_projection_status{projection="models",status="running"}'] == "1.0"
    assert float(values['modelbox_rpc_seconds_count{code="OK",method="CreateModel"}']) >= 1
    assert "process_resident_memory_bytes" in values


def test_second_start_on_the_same_folder_is_refused_and_the_first_goes_on(running: ServerProcess) -> None:
    again = running.modelbox("server", "start")
    assert again.returncode == 1
    assert f"another server (pid {running.pid}) runs on data_dir {running.data}" in again.stderr
    assert "Traceback" not in again.stderr
    assert running.readyz()[0] == 200


def test_address_in_use_is_told_before_anything_is_started(server: ServerProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server.config.write_text(FREE_PORTS.replace('listen_addr = "127.0.0.1:0"', f'listen_addr = "{address}"', 1))
        refused = server.modelbox("server", "start")
    assert refused.returncode == 1
    assert f"cannot listen on {address} (listen_addr)" in refused.stderr
    assert not (server.data / "postgres").exists()


def test_killed_server_starts_again_with_everything_acknowledged(server: ServerProcess) -> None:
    info = server.start()
    ids = {name: create_model(info["grpc_addr"], name) for name in ("one", "two")}
    server.kill()
    again = server.start()
    assert (again["log_id"], again["nats_url"], again["position"]) == (info["log_id"], info["nats_url"], 2)
    assert create_model(again["grpc_addr"], "one") == ids["one"]
    assert server.info()["position"] == 2
    assert server.stop() == 0
    assert server.left() == []


def test_embedded_servers_that_outlived_their_owner_are_ended(server: ServerProcess) -> None:
    """Stopped processes do not hear that their owner died: they stand for any orphan."""
    info = server.start()
    create_model(info["grpc_addr"], "one")
    children = [*_children(server.pid)]
    for pid in children:
        os.kill(pid, signal.SIGSTOP)
    server.kill()
    assert any(_is_alive(pid) for pid in children)
    for pid in children:
        if "postgres" in _name(pid):
            os.kill(pid, signal.SIGCONT)
    assert server.start()["position"] == 1
    assert server.stop() == 0
    wait_for(lambda: not any(_is_alive(pid) for pid in children), what="the end of the orphans")


def test_embedded_server_that_dies_is_started_again(server: ServerProcess) -> None:
    info = server.start()
    for number, program in enumerate(("postgres", "nats-server"), start=1):
        for pid in _children(server.pid):
            if _name(pid) == program:
                os.kill(pid, signal.SIGKILL)
        server.wait_until(functools.partial(_has_restarted, server, number))
        server.wait_until(lambda: server.readyz()[0] == 200)
        server.wait_until(lambda: server.readyz()[1]["details"]["feed"]["state"] == "running")
        create_model(info["grpc_addr"], f"after the death of {program}")
    assert server.info()["position"] == 2
    assert server.stop() == 0


def test_ordinary_user_can_run_it(short_folder: Callable[[str], Path]) -> None:
    if os.geteuid() != 0:
        pytest.skip("all other tests run as an ordinary user already")
    setpriv = shutil.which("setpriv")
    assert setpriv is not None, "install util-linux"
    prefix = (setpriv, "--reuid=65534", "--regid=65534", "--clear-groups")
    if subprocess.run([*prefix, MODELBOX, "--version"], cwd="/", capture_output=True, check=False).returncode != 0:
        pytest.skip("an ordinary user may not read this installation")
    folder = short_folder("ordinary")
    os.chown(folder, 65534, 65534)
    server = ServerProcess(folder, prefix=prefix)
    try:
        info = server.start()
        assert server.data.stat().st_uid == 65534
        create_model(info["grpc_addr"], "a model")
        again = server.modelbox("server", "start")
        assert (again.returncode, "another server (pid" in again.stderr) == (1, True)
        server.kill()
        assert server.start()["position"] == 1
        assert server.stop() == 0
        assert server.left() == []
    finally:
        server.close()


def test_folder_of_another_account_is_refused_with_the_reason(short_folder: Callable[[str], Path]) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs two accounts")
    server = ServerProcess(short_folder("foreign"), prefix=("setpriv", "--reuid=65534", "--clear-groups"))
    server.data.mkdir(mode=0o700)
    if subprocess.run(["setpriv", "--reuid=65534", MODELBOX, "--version"], cwd="/", check=False).returncode != 0:
        pytest.skip("an ordinary user may not read this installation")
    refused = server.modelbox("server", "start")
    assert refused.returncode == 1
    assert f"data_dir {server.data} cannot be used: Permission denied" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_during_the_start_stops_clean(server: ServerProcess, number: signal.Signals) -> None:
    server.spawn()
    server.wait_until((server.data / "postgres").exists)
    assert server.stop(number) == 0
    wait_for(lambda: not server.left(), what="the end of what the start had begun", timeout_s=5)
    assert server.start()["position"] == 0


def test_stop_while_calls_are_open_finishes_in_time(server: ServerProcess) -> None:
    """A watch has no end of its own: the stop ends it; what was acknowledged is there at the next start."""
    info = server.start()
    seen: list[int] = []
    watching = threading.Thread(target=lambda: seen.extend(watch(info["grpc_addr"])))
    watching.start()
    create_model(info["grpc_addr"], "one")
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < STOP_S_MAX
    watching.join(STOP_S_MAX)
    assert not watching.is_alive()
    assert position_of(server.start()) == 1


def test_call_without_an_end_is_cut_off_at_the_deadline(server: ServerProcess) -> None:
    server.config.write_text("stop_timeout_s = 3\n" + FREE_PORTS)
    with endless_upload(server.start()["grpc_addr"]):
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < STOP_S_MAX
    assert server.left() == []
    assert server.start()["position"] == 1, "nothing of a cut-off upload is recorded"
    assert list((server.data / "blobs/tmp").iterdir()) == []


def test_second_signal_cuts_the_stop_short(server: ServerProcess) -> None:
    with endless_upload(server.start()["grpc_addr"]):
        os.kill(server.pid, signal.SIGTERM)
        server.wait_until(lambda: "stop_requested" in server.log_text())
        start = time.monotonic()
        assert server.stop() == 1
        assert time.monotonic() - start < STOP_S_MAX
    assert server.left() == []
    assert "Traceback" not in server.log_text()


def _has_restarted(server: ServerProcess, times: int) -> bool:
    return server.log_text().count('"embedded_server_restarted"') == times


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

"""What users of servers expect: signals, logs that can be rotated, limits that are checked, a full disk foretold."""

import asyncio
import json
import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from tests.acceptance.calls import create_model
from tests.acceptance.databases import execute
from tests.acceptance.server_process import FREE_PORTS, MODELBOX, ServerProcess, wait_for
from tests.acceptance.test_server_storage import POSTGRES

LOG_BYTES = 16 * 1024 * 1024


def test_hangup_opens_the_log_anew_and_ends_nothing(server: ServerProcess) -> None:
    """As logrotate does it: the file is renamed, then the server told."""
    server.config.write_text('log_file = "modelbox.log"\n' + FREE_PORTS)
    info = server.start()
    log, aside = server.folder / "modelbox.log", server.folder / "modelbox.log.1"
    log.rename(aside)

    os.kill(server.pid, signal.SIGHUP)
    server.wait_until(lambda: log.exists() and "reloaded" in log.read_text())

    create_model(info["grpc_addr"], "after")
    assert server.stop() == 0
    assert "stopped" in log.read_text()
    assert "stopped" not in aside.read_text()
    assert [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_a_server_that_logs_to_standard_error_goes_on_after(server: ServerProcess, number: signal.Signals) -> None:
    info = server.start()
    os.kill(server.pid, number)
    create_model(info["grpc_addr"], "after")
    assert server.stop() == 0


def test_hangup_takes_the_level_from_the_file_and_names_what_needs_a_restart(server: ServerProcess) -> None:
    server.start()
    server.config.write_text('log_level = "debug"\ndatabase_connections = 9\n' + FREE_PORTS)
    os.kill(server.pid, signal.SIGHUP)
    server.wait_until(lambda: "reloaded" in server.log_text())
    [line] = [line for line in server.log_text().splitlines() if "reloaded" in line]
    assert json.loads(line)["needs_restart"] == ["database_connections"]

    server.config.write_text("nonsense = 1\n" + FREE_PORTS)
    os.kill(server.pid, signal.SIGHUP)
    server.wait_until(lambda: "reload_refused" in server.log_text())
    assert "unknown key" in server.log_text()
    assert server.stop() == 0


def test_a_closed_terminal_stops_the_server_in_order(server: ServerProcess) -> None:
    """Its standard error is gone with it, and what is logged to nobody keeps nothing from being finished."""
    controller, terminal = os.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MODELBOX_")}
    process = subprocess.Popen(
        ["setsid", "--ctty", MODELBOX, "server", "start", "--config-path", str(server.config)],
        stdin=terminal, stdout=terminal, stderr=terminal, cwd=server.folder, env=environment,
    )  # fmt: skip
    os.close(terminal)
    try:
        wait_for(lambda: server.readyz()[0] == 200, what="a server in a terminal", timeout_s=60.0)
        create_model(server.info()["grpc_addr"], "before")
        os.close(controller)
        assert process.wait(40.0) == 0
        assert not (server.data / "server.json").exists()
    finally:
        if process.poll() is None:
            process.kill()


def test_all_that_a_server_says_is_json_lines_also_when_its_postgres_is_killed(server: ServerProcess) -> None:
    server.config.write_text('log_file = "modelbox.log"\n' + FREE_PORTS)
    info = server.start()
    log = server.folder / "modelbox.log"
    for restarts in (1, 2):
        os.kill(int((server.data / "postgres/data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        server.wait_until(lambda number=restarts: log.read_text().count("embedded_server_restarted") == number)  # type: ignore[misc]
        create_model(info["grpc_addr"], f"after {restarts}")
    assert server.stop() == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line for line in lines if "exception" in line] == []
    assert server.log_text() == "", "what goes past the log"


def test_quit_stops_the_server_in_order(server: ServerProcess) -> None:
    server.start()
    assert server.stop(signal.SIGQUIT) == 0
    assert '"stopped"' in server.log_text()


def test_a_log_that_nobody_reads_any_more_stops_nothing(server: ServerProcess) -> None:
    """`modelbox server start 2>&1 | head`, or a full disk under the log."""
    reader, writer = os.pipe()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MODELBOX_")}
    process = subprocess.Popen(
        [MODELBOX, "server", "start", "--config-path", str(server.config)], stderr=writer, cwd=server.folder,
        env=environment,
    )  # fmt: skip
    os.close(writer)
    os.close(reader)
    try:
        wait_for(lambda: server.readyz()[0] == 200, what="a server without a reader", timeout_s=60.0)
        create_model(server.info()["grpc_addr"], "heard")
        process.terminate()
        assert process.wait(40.0) == 0
    finally:
        if process.poll() is None:
            process.kill()


@pytest.mark.parametrize("name", ["postgres/postgres.log", "nats/nats-server.log"])
def test_logs_of_embedded_servers_are_put_aside_while_they_run(server: ServerProcess, name: str) -> None:
    server.start()
    log = server.data / name
    with log.open("ab") as file:
        file.write(b"noise\n" * (LOG_BYTES // 6 + 1))

    server.wait_until(lambda: log.stat().st_size < LOG_BYTES and log.with_name(log.name + ".1").exists())

    assert log.with_name(log.name + ".1").stat().st_size >= LOG_BYTES
    assert server.stop() == 0
    assert log.stat().st_size > 0, "the server still writes to it"
    assert b"\0" not in log.read_bytes()


def test_embedded_postgres_takes_what_the_configuration_asks_for(server: ServerProcess) -> None:
    server.config.write_text("database_connections = 100\n" + FREE_PORTS)
    info = server.start()
    assert int(asyncio.run(_value(info["postgres_dsn"], "SHOW max_connections"))) > 100 + 20
    assert server.stop() == 0


def test_more_connections_than_postgres_allows_are_refused(server: ServerProcess, dsn: str) -> None:
    asyncio.run(execute(dsn, "CREATE ROLE narrow LOGIN CREATEROLE CONNECTION LIMIT 20"))
    name = re.findall(r"/(\w+)\?", dsn)[0]
    asyncio.run(execute(dsn, f"ALTER DATABASE {name} OWNER TO narrow"))
    text = "database_connections = 30\n" + FREE_PORTS + POSTGRES.format(dsn=dsn.replace("postgres@", "narrow@"))
    server.config.write_text(text)

    refused = server.modelbox("server", "start")

    assert refused.returncode == 1
    assert "Postgres allows it 20" in refused.stderr
    allowed = re.findall(r"set database_connections to at most (\d+)", refused.stderr)
    server.config.write_text(text.replace("= 30", f"= {allowed[0]}"))
    info = server.start()
    with ThreadPoolExecutor(20) as callers:
        list(callers.map(lambda number: create_model(info["grpc_addr"], f"model {number}"), range(60)))
    assert "too many connections" not in server.log_text()
    assert server.stop() == 0


def test_connections_that_others_hold_are_told_soon_and_with_what_helps(server: ServerProcess, dsn: str) -> None:
    """Postgres answers: to wait until it is started, or to correct the dsn, would be no help."""
    asyncio.run(execute(dsn, "CREATE ROLE held LOGIN CREATEROLE CONNECTION LIMIT 2"))
    narrow = dsn.replace("postgres@", "held@")
    server.config.write_text("start_timeout_s = 50\n" + FREE_PORTS + POSTGRES.format(dsn=narrow))

    async def refused() -> "subprocess.CompletedProcess[str]":
        holders = [await asyncpg.connect(narrow) for _ in range(2)]
        try:
            return await asyncio.to_thread(server.modelbox, "server", "start")
        finally:
            for holder in holders:
                await holder.close()

    run = asyncio.run(refused())
    assert run.returncode == 1
    assert "too many connections for role" in run.stderr
    assert "ALTER ROLE ... CONNECTION LIMIT" in run.stderr
    assert "start_timeout_s" not in run.stderr


def test_free_space_is_a_metric(server: ServerProcess) -> None:
    info = server.start()
    found = os.statvfs(server.data)

    def metrics() -> str:
        with urllib.request.urlopen(f"http://{info['prometheus_addr']}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    server.wait_until(lambda: "modelbox_disk_free_bytes" in metrics())
    values = dict(re.findall(r'^modelbox_disk_(\w+\{folder="\w+"\}) (\S+)$', metrics(), re.MULTILINE))
    assert float(values['size_bytes{folder="data_dir"}']) == found.f_blocks * found.f_frsize
    assert 0 < float(values['free_bytes{folder="data_dir"}']) <= float(values['size_bytes{folder="artifacts"}'])
    assert 'free_inodes{folder="data_dir"}' in values
    assert server.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="a process namespace needs root")
def test_as_process_1_it_leaves_no_zombies_and_takes_no_exit_code_from_others(
    short_folder: Callable[[str], Path],
) -> None:
    """In a container, whatever loses its parent becomes a child of process 1: Postgres's children after a crash too."""
    server = ServerProcess(short_folder("init"), prefix=["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"])
    outer = server.spawn()
    try:
        server.wait_until(lambda: server.readyz()[0] == 200)
        [inner] = _children(outer.pid)
        orphan = ["nsenter", "--target", str(inner), "--pid", "--mount", "sh", "-c", "sleep 0.1 & sleep 0.2 & exit"]
        subprocess.run(orphan, check=True, timeout=20)
        postmaster = next(pid for pid in _children(inner) if "postgres" in Path(f"/proc/{pid}/cmdline").read_text())
        os.kill(postmaster, signal.SIGKILL)

        server.wait_until(lambda: "embedded_server_restarted" in server.log_text())
        server.wait_until(lambda: not [pid for pid in _children(inner) if _state(pid) == "Z"])
        [line] = [line for line in server.log_text().splitlines() if "embedded_server_ended" in line]
        assert json.loads(line)["exit_code"] == -signal.SIGKILL, "the exit code was not taken from who waits for it"
        assert "orphans_reaped" in server.log_text()
        os.kill(inner, signal.SIGTERM)
        assert outer.wait(40.0) == 0
    finally:
        if outer.poll() is None:
            outer.kill()


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


async def _value(dsn: str, query: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval(query))
    finally:
        await connection.close()

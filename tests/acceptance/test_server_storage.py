"""A server on a Postgres and a NATS of others: what it refuses, what it waits for, what it survives; and its roles."""

import asyncio
import json
import os
import signal
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from modelbox_gateway.embedded.nats import EmbeddedNats
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from tests.acceptance.calls import create_model
from tests.acceptance.databases import execute
from tests.acceptance.server_process import FREE_PORTS, ServerProcess, get_json

POSTGRES = """
metadata_storage = "postgres"
[metadata_storage_postgres]
dsn = "{dsn}"
"""
NATS = """
change_stream = "nats"
[change_stream_nats]
servers = ["{url}"]
"""


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit"])
def test_postgres_that_can_lose_acknowledged_events_is_refused(server: ServerProcess, dsn: str, setting: str) -> None:
    """Case 16. The key that overrides it is logged as a warning."""
    config = FREE_PORTS + POSTGRES.format(dsn=dsn)
    asyncio.run(execute(dsn, f"ALTER SYSTEM SET {setting} = off", "SELECT pg_reload_conf()"))
    try:
        server.config.write_text(config)
        refused = server.modelbox("server", "start")
        server.config.write_text(config + "allow_unsafe = true\n")
        server.start()
    finally:
        asyncio.run(execute(dsn, f"ALTER SYSTEM RESET {setting}", "SELECT pg_reload_conf()"))
    assert refused.returncode == 1
    assert f"Error: Postgres runs with {setting}=off; set {setting}=on" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "unsafe_database_allowed" in server.log_text()
    assert server.stop() == 0


def test_call_that_was_committed_but_not_answered_is_answered_at_the_retry(server: ServerProcess, dsn: str) -> None:
    """Case 5: the server is killed between commit and reply; the client retries with the same key; one event."""
    server.config.write_text(FREE_PORTS + POSTGRES.format(dsn=dsn))
    info = server.start()
    failed: list[BaseException] = []

    def call() -> None:
        try:
            create_model(info["grpc_addr"], "once", key="the key", wait_for_ready=False)
        except Exception as error:  # noqa: BLE001  # looked at below
            failed.append(error)

    calling = threading.Thread(target=call)
    asyncio.run(_commit_behind_a_stopped_server(dsn, calling.start, server.pid))
    server.kill()
    calling.join(30)
    assert [type(error).__name__ for error in failed] == ["_InactiveRpcError"]

    info = server.start()
    assert info["position"] == 1
    model_id = create_model(info["grpc_addr"], "once", key="the key")
    assert server.info()["position"] == 1
    tail = server.modelbox("log", "tail", "--output", "json")
    assert tail.stdout.count("\n") == 1
    assert model_id in tail.stdout
    assert server.stop() == 0


def test_service_takes_calls_without_a_feed_and_says_what_is_wrong_with_it(
    server: ServerProcess, short_folder: Callable[[str], Path]
) -> None:
    """Also one that was started without it: nobody's call needs the feed. Health, metrics and log tell the reason."""
    nats = EmbeddedNats(short_folder("nats"))
    with asyncio.Runner() as runner:
        runner.run(nats.start())
        runner.run(nats.stop())
        server.config.write_text(FREE_PORTS + NATS.format(url=nats.url))
        info = server.start()
        create_model(info["grpc_addr"], "without a feed")
        server.wait_until(lambda: feed_of(info)["details"]["lag_s"] > 1)
        feed = feed_of(info)
        assert (feed["state"], feed["details"]["trouble"]) == ("unavailable", "unreachable")
        assert feed["details"]["lag_events"] == 1
        place = nats.address.removeprefix("nats://")
        assert f"{place}: " in feed["reason"]
        assert "refused" in feed["reason"]
        assert 'modelbox_feed_trouble{trouble="unreachable"} 1.0' in metrics_of(info)
        assert f"{place}: " in server.log_text()
        assert get_json(f"http://{info['http_addr']}/health")[1]["status"] == "degraded"

        runner.run(nats.start())
        server.wait_until(lambda: feed_of(info)["details"]["position"] == 1)
        assert (feed_of(info)["state"], feed_of(info)["reason"]) == ("running", None)
        runner.run(nats.stop())
        server.wait_until(lambda: feed_of(info)["state"] == "unavailable")
        assert server.readyz()[0] == 200
        assert server.stop() == 0


def test_service_waits_for_a_postgres_that_is_not_up_yet(
    server: ServerProcess, short_folder: Callable[[str], Path]
) -> None:
    postgres = EmbeddedPostgres(short_folder("late"))
    server.config.write_text(FREE_PORTS + POSTGRES.format(dsn=postgres.dsn))
    with asyncio.Runner() as runner:
        # Its first start creates the database after it answers; the service must not arrive in between.
        runner.run(postgres.start())
        runner.run(postgres.stop())
        server.spawn()
        server.wait_until(lambda: "postgres_unavailable" in server.log_text())
        runner.run(postgres.start())
        server.wait_until(lambda: server.readyz()[0] == 200)
        assert server.stop() == 0
        runner.run(postgres.stop())


def test_postgres_that_never_comes_ends_the_start(server: ServerProcess, tmp_path: Path) -> None:
    dsn = f"postgresql://user:hunter2@/modelbox?host={tmp_path}"
    server.config.write_text("start_timeout_s = 0.5\n" + FREE_PORTS + POSTGRES.format(dsn=dsn))
    refused = server.modelbox("server", "start")
    assert refused.returncode == 1
    assert "Postgres does not answer since 0.5 s" in refused.stderr
    assert "hunter2" not in refused.stderr
    assert "Traceback" not in refused.stderr


def test_account_without_rights_is_refused_with_what_postgres_says(server: ServerProcess, dsn: str) -> None:
    asyncio.run(execute(dsn, "CREATE ROLE weak LOGIN"))
    server.config.write_text(FREE_PORTS + POSTGRES.format(dsn=dsn.replace("postgres@", "weak@")))
    refused = server.modelbox("server", "start")
    assert refused.returncode == 1
    assert "Error: Postgres refuses: permission denied" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_roles_share_the_work_between_processes(
    server: ServerProcess, dsn: str, short_folder: Callable[[str], Path]
) -> None:
    """A gateway alone reads its writes from views that another process folds. No password is logged."""
    dsn = dsn.replace("postgres@", "postgres:hunter2@")
    server.config.write_text(FREE_PORTS + POSTGRES.format(dsn=dsn))
    other = ServerProcess(short_folder("roles"), config=FREE_PORTS + POSTGRES.format(dsn=dsn))
    try:
        behind = other.start("--role", "relay", "--role", "projections")
        info = server.start("--role", "gateway")
        assert (behind["grpc_addr"], behind["roles"]) == ("", ["projections", "relay"])
        assert (info["nats_url"], info["roles"]) == ("", ["gateway"])
        create_model(info["grpc_addr"], "one")
        other.wait_until(lambda: other.readyz()[1]["details"]["feed"]["position"] == 1)
        assert set(get_json(f"http://{info['http_addr']}/readyz")[1]["parts"]) == {
            "migrations", "log", "projections", "gateway",
        }  # fmt: skip
        shown = json.loads(server.modelbox("server", "info", "--show-secrets", "--output", "json").stdout)
        assert shown["postgres_dsn"] == dsn
        assert info["postgres_dsn"] == dsn.replace("hunter2", "***")
        assert (server.stop(), other.stop()) == (0, 0)
        assert "hunter2" not in server.log_text() + other.log_text()
    finally:
        other.close()


def feed_of(info: dict[str, Any]) -> dict[str, Any]:
    """Return what the health report says of the feed."""
    found: dict[str, Any] = get_json(f"http://{info['http_addr']}/health")[1]["parts"]["feed"]
    return found


def metrics_of(info: dict[str, Any]) -> str:
    """Return what Prometheus reads."""
    with urllib.request.urlopen(f"http://{info['prometheus_addr']}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


async def _until(connection: asyncpg.Connection, query: str) -> None:
    """Wait until a query answers more than 0."""
    async with asyncio.timeout(20):
        while not await connection.fetchval(query):  # noqa: ASYNC110  Postgres has no event to wait for
            await asyncio.sleep(0.01)


async def _commit_behind_a_stopped_server(dsn: str, send: Callable[[], None], pid: int) -> None:
    """Hold the append in Postgres until its server is stopped, so that it commits and nobody hears of it."""
    connection = await asyncpg.connect(dsn)
    watcher = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("SELECT position FROM modelbox.log_head FOR UPDATE")
            send()
            await _until(watcher, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'")
            os.kill(pid, signal.SIGSTOP)
        await _until(watcher, "SELECT position FROM modelbox.log_head")
    finally:
        await connection.close()
        await watcher.close()

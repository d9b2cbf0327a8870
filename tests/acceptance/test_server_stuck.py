"""A server that lives and cannot write says so: which part, why and since when; in few lines, and to who calls it."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import asyncpg

from tests.acceptance.calls import create_model
from tests.acceptance.databases import execute
from tests.acceptance.server_process import FREE_PORTS, MODELBOX, ServerProcess, get_json
from tests.acceptance.test_server_storage import POSTGRES

FULL = """
CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = '53100';
END $$;
CREATE TRIGGER full_disk BEFORE UPDATE ON modelbox_views.projection_state
    FOR EACH STATEMENT EXECUTE FUNCTION public.full_disk()
"""
ROOM = "DROP FUNCTION public.full_disk CASCADE"
LINES_MAX = 12
"""Lines of a trouble that lasts `LASTS_S`, of all parts; with one for each try there were ten times more."""
LASTS_S = 15.0
IN_NAMESPACE = ("--namespace", "acceptance")


def part_of(info: dict[str, Any], part: str = "projections") -> dict[str, Any]:
    """Return what `/health` says of a part."""
    _, health = get_json(f"http://{info['http_addr']}/health")
    found: dict[str, Any] = health.get("parts", {}).get(part, {})
    return found


def metrics(info: dict[str, Any]) -> str:
    """Return what `/metrics` says."""
    with urllib.request.urlopen(f"http://{info['prometheus_addr']}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_views_that_cannot_be_written_are_told_everywhere_and_rarely(server: ServerProcess, dsn: str) -> None:
    server.config.write_text(FREE_PORTS + POSTGRES.format(dsn=dsn))
    info = server.start()
    asyncio.run(execute(info["postgres_dsn"], FULL))
    before = len(server.log_text().splitlines())
    create_model(info["grpc_addr"], "one")

    server.wait_until(lambda: part_of(info).get("state") == "stuck")
    assert "No space left on device" in part_of(info)["reason"]
    assert 'modelbox_projection_status{projection="models",status="stuck"} 1.0' in metrics(info)
    listed = json.loads(server.modelbox("projections", "list", "--output", "json").stdout)
    assert {row["status"] for row in listed} == {"stuck"}
    assert all("No space left on device" in row["error"] for row in listed)
    begun = time.monotonic()
    server.wait_until(lambda: time.monotonic() - begun > LASTS_S)
    assert len(server.log_text().splitlines()) - before < LINES_MAX, server.log_text()

    asyncio.run(execute(info["postgres_dsn"], ROOM))
    server.wait_until(lambda: part_of(info).get("state") == "running")
    server.wait_until(lambda: "projections_go_on" in server.log_text())
    assert 'modelbox_projection_status{projection="models",status="running"} 1.0' in metrics(info)
    assert server.stop() == 0


def test_a_right_that_was_taken_away_is_told_by_every_part_in_few_lines(server: ServerProcess, dsn: str) -> None:
    server.config.write_text(FREE_PORTS + POSTGRES.format(dsn=dsn))
    info = server.start()
    role = asyncio.run(_role_of(dsn))
    before = len(server.log_text().splitlines())
    asyncio.run(execute(dsn, f"REVOKE USAGE ON SCHEMA modelbox_views, modelbox, modelbox_gateway FROM {role}"))
    asyncio.run(_end_sessions(dsn))

    denied = "permission denied for schema modelbox"
    server.wait_until(lambda: part_of(info)["state"] == "stuck" and denied in part_of(info)["reason"])
    server.wait_until(lambda: server.readyz()[1]["status"] == "not ready")
    begun = time.monotonic()
    server.wait_until(lambda: time.monotonic() - begun > LASTS_S)
    assert len(server.log_text().splitlines()) - before < LINES_MAX, server.log_text()
    assert "idempotency" not in server.log_text()
    assert "idempotency" not in json.dumps(server.readyz()[1])

    asyncio.run(execute(dsn, f"GRANT USAGE ON SCHEMA modelbox_views, modelbox, modelbox_gateway TO {role}"))
    server.wait_until(lambda: part_of(info).get("state") == "running")
    server.wait_until(lambda: server.readyz()[0] == 200)
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.log_text().splitlines()]
    assert all(line["missing"] for line in lines if line["event"] == "not_ready"), "a stop is no lack of anything"


def test_a_postgres_that_does_not_answer_is_told_as_the_reason(server: ServerProcess) -> None:
    """By the report, and to a client before it gives up: that the server is away it would have to guess else.

    To one whose user the server has not met yet, too.
    """
    info = server.start()
    model_id = create_model(info["grpc_addr"], "one")
    server.wait_until(lambda: part_of(info).get("state") == "running")
    assert client(info["grpc_addr"], "labels", "--id", model_id, "env=test", user="met").returncode == 0
    told = server.folder / "watch.log"
    with watching(info["grpc_addr"], told) as changes:
        assert [model_id in changes.readline() for _ in range(2)] == [True, True]
        with frozen(server.data):
            server.wait_until(lambda: part_of(info).get("state") == "stuck")
            assert "Postgres does not answer" in part_of(info)["reason"]
            assert 'modelbox_projection_status{projection="models",status="stuck"} 1.0' in metrics(info)
            labels = ["labels", "--id", model_id, "env=prod"]
            for user, command in (("met", labels), ("new", labels), ("met", ["models", "list", *IN_NAMESPACE])):
                refused = client(info["grpc_addr"], *command, user=user)
                assert refused.returncode == 3, refused.stderr
                assert "the log is unavailable" in refused.stderr
                assert "does the server run" not in refused.stderr
                assert ("idempotency key" in refused.stderr) == (command[0] == "labels")
            server.wait_until(lambda: "the watch was interrupted and goes on from where it was" in told.read_text())
            assert "the log is unavailable" in told.read_text()
        server.wait_until(lambda: part_of(info).get("state") == "running")
        three = create_model(info["grpc_addr"], "three")
        assert any(three in changes.readline() for _ in range(4)), "it goes on"
    assert server.stop() == 0


@contextlib.contextmanager
def watching(address: str, told: Path) -> Iterator[IO[str]]:
    """Have `client watch` print changes meanwhile; what it tells beside them goes to `told`."""
    environment = {**os.environ, "MODELBOX_API_ADDR": address}
    command = [MODELBOX, "client", "watch", *IN_NAMESPACE]
    with (
        told.open("wb") as stderr,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()


@contextlib.contextmanager
def frozen(data: Path) -> Iterator[None]:
    """Have the embedded Postgres stand still meanwhile, all of its processes."""
    postmaster = int((data / "postgres/data/postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGSTOP)  # first: it starts no more
    pids = [postmaster, *_children(postmaster)]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def client(address: str, *arguments: str, user: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the client, used by `user`."""
    environment = {**os.environ, "MODELBOX_API_ADDR": address, "MODELBOX_USER": user}
    return subprocess.run(
        [MODELBOX, "client", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def _children(pid: int) -> Sequence[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def _role_of(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        query = "SELECT 'modelbox_service_' || oid FROM pg_database WHERE datname = current_database()"
        return str(await connection.fetchval(query))
    finally:
        await connection.close()


async def _end_sessions(dsn: str) -> None:
    await execute(
        dsn,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )

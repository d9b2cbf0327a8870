"""MLflow's tracking server as its users start it: `mlflow server` with Postgres, files served by itself from a folder.

It has its own number of workers. What it would do beside serving is left out, which can only make it faster: its runner
of jobs, which evaluations of language models need, and the sending of usage data, which finds nobody here.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import asyncpg

from modelbox_gateway.embedded.postgres import DATABASE
from tests.benchmarks.servers import postgres

START_TIMEOUT_S: Final = 180.0
STOP_TIMEOUT_S: Final = 30.0
ENVIRONMENT: Final = {
    **os.environ,
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def version_of(python: str) -> str:
    """Return the version of MLflow that a Python has, and what it speaks to Postgres with."""
    program = "from importlib.metadata import version as v; print(v('mlflow'), 'with psycopg2', v('psycopg2-binary'))"
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


@contextlib.asynccontextmanager
async def mlflow_server(python: str, place: Path) -> AsyncIterator[str]:
    """A running server; yields its URI."""
    async with postgres() as server:
        admin = await asyncpg.connect(server.dsn)
        await admin.execute("CREATE DATABASE mlflow")
        await admin.close()
        log = place / "mlflow.log"
        dsn = server.dsn.replace(f"/{DATABASE}?", "/mlflow?").replace("postgresql:", "postgresql+psycopg2:")
        with _running(python, place, log, dsn) as (process, uri):
            await asyncio.to_thread(_wait_until_up, process, uri, log)
            yield uri


@contextlib.contextmanager
def _running(python: str, place: Path, log: Path, dsn: str) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    files = place / "mlflow-files"
    files.mkdir()
    where = ["--host", "127.0.0.1", "--port", str(port)]
    stores = ["--backend-store-uri", dsn, "--artifacts-destination", files.as_uri()]
    command = [str(Path(python).parent / "mlflow"), "server", *where, *stores]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=place, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        # Its workers are processes of their own, in a session that nobody else is in.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait_until_up(process: "subprocess.Popen[bytes]", uri: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _is_up(uri):
        has_failed = process.poll() is not None or time.monotonic() > deadline
        assert not has_failed, f"MLflow's server did not start: {log.read_text()[-3000:]}"
        time.sleep(0.2)


def _is_up(uri: str) -> bool:
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

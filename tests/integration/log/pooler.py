"""pgbouncer before a test's Postgres, where the program is installed."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

PROGRAM: Final = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")

_CONFIG: Final = """
[databases]
* = host={sockets} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
{more}
"""


@contextlib.asynccontextmanager
async def pgbouncer(dsn: str, mode: str, *, more: str = "") -> AsyncIterator[str]:
    """Run pgbouncer in a pool mode; yields the dsn that goes through it."""
    assert PROGRAM is not None
    base, _, query = dsn.partition("?")
    sockets = query.split("host=")[1].split("&", maxsplit=1)[0]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="mbx") as name:
        config = _write(Path(name), _CONFIG.format(sockets=sockets, port=port, mode=mode, more=more))
        process = await asyncio.create_subprocess_exec(PROGRAM, "-q", *_account(Path(sockets)), str(config))
        try:
            await _until_listening(port)
            yield base.replace("@/", f"@127.0.0.1:{port}/")
        finally:
            process.send_signal(signal.SIGTERM)  # at once, whoever is connected
            await process.wait()


def _write(folder: Path, config: str) -> Path:
    file = folder / "pgbouncer.ini"
    file.write_text(config)
    folder.chmod(0o755)
    return file


def _account(sockets: Path) -> list[str]:
    """It does not run as root; whoever owns the sockets may use them."""
    return ["-u", pwd.getpwuid(sockets.stat().st_uid).pw_name] if os.geteuid() == 0 else []


async def _until_listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return

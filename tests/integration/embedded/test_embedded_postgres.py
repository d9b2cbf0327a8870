"""The embedded Postgres: who may come to it, where it is found, and what it is given time for."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from modelbox_gateway.embedded.process import EmbeddedServerError
from tests.conftest import open_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs another account, which only root can be")

OTHER_UID: Final = 54_321
LONG: Final = "long" * 25
RECOVERY_ROWS: Final = 1_500_000
WAIT_TIMEOUT_S: Final = 60.0

# What a stranger does who found the socket: asks to be let in as the superuser, and prints Postgres's answer.
STRANGER: Final = """
import socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
body = (196608).to_bytes(4, "big") + b"user\\0postgres\\0database\\0postgres\\0\\0"
link.sendall((len(body) + 4).to_bytes(4, "big") + body)
print(link.recv(1000))
"""

OWNER: Final = """
import asyncio, sys, pathlib
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
async def main():
    await EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()
    print("started", flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as found:
        yield found


def short_folder_of(server: EmbeddedPostgres) -> Path:
    return Path(re.findall("host=([^&]*)", server.dsn)[0]).parent


def owner_and_mode(path: Path) -> tuple[int, int]:
    return path.lstat().st_uid, path.lstat().st_mode & 0o777


@contextlib.asynccontextmanager
async def running(server: EmbeddedPostgres) -> AsyncIterator[EmbeddedPostgres]:
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def connected(server: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.dsn)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("name", ["plain", LONG, "a,b", " %20#+&'=?@:", "é中", "with\ttab"])
async def test_any_path_is_one_that_clients_find(folder: Path, name: str) -> None:
    async with running(EmbeddedPostgres(folder / name)) as server, connected(server) as connection:
        assert await connection.fetchval("SELECT current_database()") == "modelbox"
    async with running(server), connected(server) as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_short_way_to_a_long_path_is_gone_after_the_stop(folder: Path) -> None:
    async with running(EmbeddedPostgres(folder / LONG)) as server:
        above = short_folder_of(server)
        assert owner_and_mode(above) == (os.geteuid(), 0o700)
    with pytest.raises(FileNotFoundError):
        owner_and_mode(above)


@pytest.mark.parametrize(
    "what",
    ["open to others", "no folder", pytest.param("belongs to", marks=as_root)],
)
async def test_folder_that_somebody_else_may_have_made_is_not_used_for_the_socket(folder: Path, what: str) -> None:
    """Its name can be guessed and its place is open to all: who made it first would let clients in to themselves."""
    server = EmbeddedPostgres(folder / LONG)
    made = short_folder_of(server)
    try:
        match what:
            case "open to others":
                made.mkdir()
                made.chmod(0o755)
            case "no folder":
                (folder / "elsewhere").mkdir(mode=0o700)
                made.symlink_to(folder / "elsewhere")
            case _:
                made.mkdir(mode=0o700)
                os.chown(made, OTHER_UID, OTHER_UID)
        with pytest.raises(EmbeddedServerError, match=f"{made}, for Postgres's socket,.*{what}.*remove it"):
            await server.start()
    finally:
        made.unlink() if made.is_symlink() else made.rmdir()


@as_root
async def test_socket_folder_beside_the_data_is_closed_whatever_it_was(folder: Path) -> None:
    async with running(EmbeddedPostgres(folder)):
        pass
    (folder / "run").chmod(0o777)
    async with running(EmbeddedPostgres(folder)):
        assert owner_and_mode(folder / "run")[1] == 0o700
        assert owner_and_mode(folder / "run/.s.PGSQL.5432")[1] == 0o700
    (folder / "run").rmdir()
    (folder / "run").symlink_to("/etc")
    with pytest.raises(EmbeddedServerError, match=r"run is no folder; remove it"):
        await EmbeddedPostgres(folder).start()
    assert owner_and_mode(Path("/etc"))[0] == 0


@as_root
async def test_other_accounts_are_not_let_in_though_they_reach_the_socket(folder: Path) -> None:
    async with running(EmbeddedPostgres(folder)) as server:
        for path in (folder, folder / "run", folder / "run/.s.PGSQL.5432"):
            path.chmod(0o777)
        async with connected(server) as connection:
            assert await connection.fetchval("SELECT current_user") == "postgres"
        assert "Peer authentication failed" in _ask_as(OTHER_UID, folder) + (folder / "postgres.log").read_text()
        assert "Peer authentication failed" in _ask_as(1, folder)


async def test_rules_of_an_older_cluster_let_nobody_else_in(folder: Path) -> None:
    """Clusters were created with `trust`: the rules are written at each start."""
    async with running(EmbeddedPostgres(folder)):
        pass
    (folder / "data/pg_hba.conf").write_text("local all all trust\nhost all all 0.0.0.0/0 trust\n")
    (folder / "data/pg_ident.conf").write_text("modelbox daemon postgres\n")
    async with running(EmbeddedPostgres(folder)) as server, connected(server) as connection:
        rules = await connection.fetch("SELECT type, auth_method FROM pg_hba_file_rules")
        names = await connection.fetch("SELECT sys_name, error FROM pg_ident_file_mappings")
        assert await connection.fetchval("SHOW listen_addresses") == ""
    assert {tuple(rule) for rule in rules} == {("local", "peer")}
    assert {name["error"] for name in names} == {None}
    assert "daemon" not in {name["sys_name"] for name in names}


async def test_recovery_is_waited_for_as_long_as_it_goes_on(folder: Path) -> None:
    """Ended for being slow it would begin again at the next start, and never come to its end."""
    async with running(EmbeddedPostgres(folder)) as server:
        async with connected(server) as connection:
            await connection.execute(f"CREATE TABLE kept AS SELECT n FROM generate_series(1, {RECOVERY_ROWS}) AS n")
        os.kill(server.pid, signal.SIGKILL)
        await server.ended()
        impatient = EmbeddedPostgres(folder, start_timeout_s=0.2)
        starting = asyncio.create_task(impatient.start())
        startup = await _startup_process_of(impatient)
        os.kill(startup, signal.SIGSTOP)
        try:
            done, _ = await asyncio.wait({starting}, timeout=2.0)
            assert not done, "it was given up"
        finally:
            os.kill(startup, signal.SIGCONT)
        await asyncio.wait_for(starting, WAIT_TIMEOUT_S)
        async with connected(impatient) as connection:
            assert await connection.fetchval("SELECT count(*) FROM kept") == RECOVERY_ROWS
        await impatient.stop()


async def test_server_that_neither_answers_nor_recovers_is_given_up(folder: Path) -> None:
    async with running(EmbeddedPostgres(folder)):
        pass
    server = EmbeddedPostgres(folder, start_timeout_s=1.0)
    starting = asyncio.create_task(server.start())
    async with asyncio.timeout(WAIT_TIMEOUT_S):
        while not server.pid:  # noqa: ASYNC110  nobody tells that it began
            await asyncio.sleep(0)
    os.kill(server.pid, signal.SIGSTOP)
    with pytest.raises(EmbeddedServerError, match=r"postgres does not answer since .* s: .*its log: .*postgres\.log"):
        await asyncio.wait_for(starting, WAIT_TIMEOUT_S)


async def test_failed_start_is_one_line_with_the_reason(folder: Path) -> None:
    async with running(EmbeddedPostgres(folder)):
        pass
    (folder / "data/global/pg_control").write_bytes(b"")
    with pytest.raises(EmbeddedServerError, match=r"could not read file .*pg_control") as refused:
        await EmbeddedPostgres(folder).start()
    assert "\n" not in str(refused.value)


@as_root
@pytest.mark.parametrize("capabilities", ["all", "-all,+chown,+dac_override,+fowner,+kill,+setgid,+setuid"])
def test_postmaster_of_a_killed_owner_ends_before_the_next_one_starts(folder: Path, capabilities: str) -> None:
    """Two on one folder would damage it. In most containers root may not look into processes of other accounts."""
    limited = [] if capabilities == "all" else ["setpriv", f"--bounding-set={capabilities}", "--inh-caps=-all"]
    command = [*limited, sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "started\n"
        first = int((folder / "data/postmaster.pid").read_text().split("\n")[0])
        checkpointer = _child(first, "checkpointer")
        os.kill(checkpointer, signal.SIGSTOP)  # so its end takes a while
        owner.kill()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                owner.wait(2.0)
            assert int((folder / "data/postmaster.pid").read_text().split("\n")[0]) == first
            os.kill(checkpointer, signal.SIGCONT)
            assert owner.stdout is not None
            assert owner.stdout.readline() == "started\n"
            told = re.findall("starting PostgreSQL|system is shut down", (folder / "postgres.log").read_text())
            assert told == ["starting PostgreSQL", "system is shut down", "starting PostgreSQL"]
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(checkpointer, signal.SIGCONT)
            owner.kill()


async def test_process_id_that_another_program_has_now_keeps_nothing_from_starting(folder: Path) -> None:
    """In a container that is started anew, the numbers of its last life belong to others."""
    async with running(EmbeddedPostgres(folder)):
        pass
    uid = owner_and_mode(folder / "data")[0]
    with subprocess.Popen(["sleep", "600"], user=uid) as other:  # noqa: ASYNC220  it is over at once
        try:
            _leave_pid(folder, other.pid)
            async with running(EmbeddedPostgres(folder)) as server:
                assert server.pid != other.pid
            assert other.poll() is None
        finally:
            other.kill()


@as_root
async def test_data_that_root_copied_back_is_given_to_the_account(folder: Path) -> None:
    async with running(EmbeddedPostgres(folder)):
        pass
    _give_to_root(folder)
    async with running(EmbeddedPostgres(folder)) as server, connected(server) as connection:
        assert await connection.fetchval("SELECT 1") == 1


def _leave_pid(folder: Path, pid: int) -> None:
    """Leave what a postmaster with this process id leaves when its machine dies."""
    lines = f"{pid}\n{folder / 'data'}\n1\n5432\n../run\n"
    (folder / "data/postmaster.pid").write_text(lines)
    (folder / "run/.s.PGSQL.5432.lock").write_text(lines)


def _give_to_root(folder: Path) -> None:
    subprocess.run(["chown", "-R", "root:root", folder], check=True)


def _ask_as(uid: int, folder: Path) -> str:
    """Ask to be let in, as another account, from a Python of the system."""
    command = ["/usr/bin/python3", "-c", STRANGER, str(folder / "run/.s.PGSQL.5432")]
    asked = subprocess.run(
        command, user=uid, group=uid, extra_groups=[], cwd="/", capture_output=True, text=True, check=True, timeout=30
    )
    return asked.stdout


async def _startup_process_of(server: EmbeddedPostgres) -> int:
    async with asyncio.timeout(WAIT_TIMEOUT_S):
        while True:
            if server.pid and (found := _child(server.pid, "startup")):
                return found
            await asyncio.sleep(0.001)


def _child(pid: int, name: str) -> int:
    """Return the child of a postmaster that calls itself so; 0 if there is none."""
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"postgres: " + name.encode()):
                    return int(child)
    return 0

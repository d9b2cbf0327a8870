"""The operator's commands: configuration, log, audit, projections."""

import contextlib
import json
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.acceptance.calls import create_model
from tests.acceptance.server_process import MODELBOX, ServerProcess

OBJECTS = {"checkpoints", "datasets", "experiments", "model_versions", "models", "runs"}
LOGGED = {"artifacts", "hyperparameters", "lineage", "logged_events", "metadata", "metrics", "namespaces"}
PROJECTIONS = OBJECTS | LOGGED


def modelbox(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command in a folder."""
    return subprocess.run([MODELBOX, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_init_config_writes_a_commented_file_and_keeps_one_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "modelbox.toml"
    assert modelbox("server", "init-config", folder=tmp_path).returncode == 0
    assert tomllib.loads(path.read_text())["listen_addr"] == "127.0.0.1:8085"
    path.write_text("# mine")
    refused = modelbox("server", "init-config", "--path", str(path), folder=tmp_path)
    assert (refused.returncode, "add --force" in refused.stderr) == (1, True)
    assert path.read_text() == "# mine"
    assert modelbox("server", "init-config", "--path", str(path), "--force", folder=tmp_path).returncode == 0
    assert "prometheus_addr" in path.read_text()


def test_flaw_of_the_configuration_is_one_line_that_names_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "modelbox.toml").write_text("listen_adr = 'x'")
    refused = modelbox("server", "start", folder=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr == "Error: modelbox.toml: listen_adr: unknown key; did you mean listen_addr?\n"


def test_ports_and_folder_may_be_said_at_the_start(server: ServerProcess) -> None:
    """A second server needs no configuration; the other commands find it by its folder."""
    server.data = server.folder / "elsewhere"
    port = three_free_ports()
    here = ("--data-dir", "elsewhere")
    server.spawn("--port", str(port), *here)
    server.wait_until(lambda: server.readyz()[0] == 200)
    facts = json.loads(server.modelbox("server", "info", "--output", "json", *here).stdout)
    assert [facts[name] for name in ("grpc_addr", "http_addr", "prometheus_addr")] == [
        f"127.0.0.1:{number}" for number in range(port, port + 3)
    ]
    assert server.modelbox("audit", "verify", *here).returncode == 0
    assert not (server.folder / "data").exists()


def three_free_ports() -> int:
    """Return the first of three ports in a row that are free."""
    while True:
        with contextlib.ExitStack() as held, contextlib.suppress(OSError, OverflowError):
            first = held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            for more in (1, 2):
                held.enter_context(socket.create_server(("127.0.0.1", first + more)))
            return int(first)


def test_what_to_run_next_is_said_with_the_configuration_that_was_given(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("")
    given = ("--config-path", "mine.toml", "--data-dir", "elsewhere")
    refused = modelbox("log", "head", *given, folder=tmp_path)
    assert refused.stderr.endswith("modelbox server start --config-path mine.toml --data-dir elsewhere\n")


@pytest.mark.parametrize(
    "command",
    [
        ("log", "head"),
        ("log", "tail"),
        ("audit", "verify"),
        ("projections", "list"),
        ("relay", "status"),
        ("relay", "rebuild"),
        ("server", "info"),
    ],
    ids=" ".join,
)
def test_commands_say_that_no_server_runs(tmp_path: Path, command: tuple[str, ...]) -> None:
    refused = modelbox(*command, folder=tmp_path)
    assert refused.returncode == 3
    assert "no server runs on data_dir" in refused.stderr
    assert "modelbox server start" in refused.stderr


@pytest.mark.parametrize(
    "command",
    ["server init-config", "server start", "server info", "log head", "log tail", "audit verify", "projections list",
     "projections rebuild", "projections verify", "relay status", "relay rebuild"],
)  # fmt: skip
def test_help_shows_examples(tmp_path: Path, command: str) -> None:
    shown = modelbox(*command.split(), "--help", folder=tmp_path)
    assert shown.returncode == 0
    assert f"Examples:\n    modelbox {command}" in shown.stdout


def test_operators_commands_import_nothing_heavy_for_their_help() -> None:
    program = (
        "import sys, modelbox_gateway.cli.server, modelbox_gateway.cli.log, modelbox_gateway.cli.audit, "
        "modelbox_gateway.cli.projections, modelbox_gateway.cli.relay; print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert {"asyncpg", "grpc", "nats", "rich", "structlog", "uvicorn", "uvloop"} & set(run.stdout.split()) == set()


def test_log_is_shown_and_verified(running: ServerProcess) -> None:
    model_id = create_model(running.info()["grpc_addr"], "shown")
    head = json.loads(running.modelbox("log", "head", "--output", "json").stdout)
    assert head["position"] == running.info()["position"]
    assert len(head["hash"]) == 64
    tail = running.modelbox("log", "tail", "--lines", "1", "--output", "json")
    event = json.loads(tail.stdout)
    assert (event["position"], event["type"], event["stream_id"]) == (head["position"], "ModelCreated", model_id)
    assert event["hash"] == head["hash"]
    assert "ModelCreated" in running.modelbox("log", "tail").stdout

    verified = running.modelbox("audit", "verify", "--output", "json")
    assert verified.returncode == 0, verified.stderr
    found = json.loads(verified.stdout)
    assert (found["intact"], found["to"], found["hash"]) == (True, head["position"], head["hash"])
    assert "intact" in running.modelbox("audit", "verify", "--from", "1", "--to", "1").stdout


def test_tail_follows_the_log(running: ServerProcess) -> None:
    address = running.info()["grpc_addr"]
    after = str(running.info()["position"])
    command = [MODELBOX, "log", "tail", "--follow", "--after", after, "--output", "json"]
    with subprocess.Popen(
        [*command, "--config-path", str(running.config)], stdout=subprocess.PIPE, text=True
    ) as following:
        assert following.stdout is not None
        ids = [create_model(address, f"followed {number}") for number in range(3)]
        seen = [json.loads(following.stdout.readline())["stream_id"] for _ in ids]
        following.send_signal(2)
        assert following.wait(10) == 130
    assert seen == ids


def test_tail_after_a_position_with_a_number_of_lines_prints_the_first_ones_after_it(running: ServerProcess) -> None:
    address = running.info()["grpc_addr"]
    after = running.info()["position"]
    for number in range(4):
        create_model(address, f"first {number}")
    for options in ([], ["--follow"]):
        tail = running.modelbox("log", "tail", "--after", str(after), "-n", "2", "--output", "json", *options)
        assert [json.loads(line)["position"] for line in tail.stdout.splitlines()] == [after + 1, after + 2]
    every = running.modelbox("log", "tail", "--after", str(after), "--output", "json")
    assert len(every.stdout.splitlines()) == 4


def test_what_nobody_can_be_asked_is_refused_with_how_to_go_on(running: ServerProcess) -> None:
    for command in (["relay", "rebuild"], ["log", "fork", "--reason", "a test"]):
        refused = running.modelbox(*command)
        assert refused.returncode == 1
        assert "to go on without, add --yes" in refused.stderr


def test_positions_the_wrong_way_round_are_wrong_usage_and_no_alarm(running: ServerProcess) -> None:
    refused = running.modelbox("audit", "verify", "--from", "5", "--to", "3")
    assert refused.returncode == 2
    assert "lost" not in refused.stderr


def test_every_address_that_is_taken_is_named_with_its_key_and_variable(
    running: ServerProcess, server: ServerProcess
) -> None:
    info = running.info()
    keys = {"listen_addr": "grpc_addr", "http_listen_addr": "http_addr", "prometheus_addr": "prometheus_addr"}
    lines = [f'{key} = "{info[fact]}"' for key, fact in keys.items()]
    server.config.write_text("\n".join([*lines, 'data_dir = "data"']))
    refused = server.modelbox("server", "start")
    assert refused.returncode == 1
    for key, fact in keys.items():
        assert f"{info[fact]} ({key})" in refused.stderr
        assert f"MODELBOX_{key.upper()}" in refused.stderr


def test_projections_are_listed_rebuilt_and_verified(running: ServerProcess) -> None:
    create_model(running.info()["grpc_addr"], "projected")
    listed = json.loads(running.modelbox("projections", "list", "--output", "json").stdout)
    assert {state["name"] for state in listed} == PROJECTIONS
    assert {state["status"] for state in listed} == {"running"}
    rebuilt = running.modelbox("projections", "rebuild", "models", "--output", "json")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert json.loads(rebuilt.stdout)[0]["position"] >= 1
    verified = running.modelbox("projections", "verify", "--output", "json")
    assert verified.returncode == 0, verified.stderr
    assert {row["name"]: row["equal"] for row in json.loads(verified.stdout)} == dict.fromkeys(PROJECTIONS, True)
    unknown = running.modelbox("projections", "rebuild", "nonsense")
    assert (unknown.returncode, "there is no projection 'nonsense'" in unknown.stderr) == (1, True)


def test_view_that_differs_and_a_changed_event_are_found(server: ServerProcess) -> None:
    info = server.start()
    for name in ("one", "two", "three"):
        create_model(info["grpc_addr"], name)
    server.wait_until(lambda: _at(server, "models") == 3)
    _as_superuser(server, "UPDATE modelbox_views.models SET name = 'changed' WHERE name = 'two'")
    verified = server.modelbox("projections", "verify", "models")
    assert verified.returncode == 1
    assert "modelbox projections rebuild models" in verified.stderr
    assert server.modelbox("projections", "rebuild", "models").returncode == 0
    assert server.modelbox("projections", "verify", "models").returncode == 0

    _as_superuser(
        server,
        "ALTER TABLE modelbox.events DISABLE TRIGGER USER; "
        "UPDATE modelbox.events SET data = convert_to(replace(convert_from(data, 'UTF8'), 'two', 'TWO'), 'UTF8') "
        "WHERE position = 2",
    )
    broken = server.modelbox("audit", "verify", "--output", "json")
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["bad_position"] == 2
    assert "position 2:" in broken.stderr
    assert server.stop() == 0


def _at(server: ServerProcess, name: str) -> int:
    listed = json.loads(server.modelbox("projections", "list", "--output", "json").stdout)
    return int(next(state["position"] for state in listed if state["name"] == name))


def _as_superuser(server: ServerProcess, statement: str) -> None:
    """Run SQL as the database's owner, with the Python of this installation."""
    program = (
        "import asyncio, asyncpg, sys\n"
        "async def run():\n"
        "    connection = await asyncpg.connect(sys.argv[1])\n"
        "    await connection.execute(sys.argv[2])\n"
        "    await connection.close()\n"
        "asyncio.run(run())"
    )
    subprocess.run([sys.executable, "-c", program, server.info()["postgres_dsn"], statement], check=True)

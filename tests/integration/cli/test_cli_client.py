"""`modelbox client …` against the real server."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from modelbox import ModelBox
from tests.integration.cli_calls import read, run
from tests.integration.sdk_server import SdkServer

pytestmark = pytest.mark.usefixtures("cli_server")


def create_model(*more: str) -> str:
    model_id: str = read("models", "create", "--name", "digits", "--namespace", "demo", *more)["id"]
    return model_id


def test_models_are_created_listed_and_shown() -> None:
    created = read(
        *("models", "create", "--name", "digits", "--owner", "me@example.org", "--namespace", "demo"),
        *("--task", "classification", "--description", "Handwritten digits", "--metadata", "images=1797"),
        *("--track", "s3://bucket/data.npz"),
    )
    assert created["exists"] is False
    assert read("models", "create", "--name", "digits", "--namespace", "demo")["exists"] is True
    [listed] = read("models", "list", "--namespace", "demo")
    assert listed == {key: value for key, value in created.items() if key != "exists"}
    shown = read("models", "show", "--model", "digits", "--namespace", "demo")
    assert shown == {**listed, "metadata": {"images": 1797}}
    assert read("models", "show", "--id", created["id"]) == shown
    table = run("models", "list", "--namespace", "demo").stdout
    assert created["id"] in table
    assert "me@example.org" in table
    [namespace] = read("namespaces")
    assert (namespace["name"], namespace["models"]) == ("demo", 1)
    assert [artifact["path"] for artifact in read("artifacts", "list", "--parent-id", created["id"])] == [
        "s3://bucket/data.npz"
    ]


def test_model_versions_are_created_found_and_tagged() -> None:
    create_model()
    which = ("--model", "digits", "--namespace", "demo")
    first = read("model-versions", "create", *which, "--framework", "sklearn", "--unique-tag", "best")
    second = read("model-versions", "create", *which, "--metadata", "epoch=2")
    assert (first["version"], first["framework"], first["unique_tags"]) == ("1", "SKLEARN", ["best"])
    assert [one["version"] for one in read("model-versions", "list", *which)] == ["2", "1"]
    assert read("model-versions", "show", *which, "--version", "2")["metadata"] == {"epoch": 2}
    taken = run("model-versions", "create", *which, "--unique-tag", "best", code=1)
    assert taken.stderr.startswith("Error: unique_tags: 'best' belongs to model version")
    moved = run("model-versions", "tag", "best", *which, "--version", "2").stdout
    assert moved == f"best is on {second['id']}, taken from {first['id']}\n"
    assert read("model-versions", "show", *which, "--tag", "best")["id"] == second["id"]
    assert second["id"] in run("model-versions", "untag", "best", *which).stdout
    missing = run("model-versions", "show", *which, "--tag", "best", code=1)
    assert missing.stderr.startswith("Error: unique_tag: ")
    run("model-versions", "show", *which, code=2)
    run("model-versions", "show", "--id", first["id"], "--version", "1", code=2)
    run("model-versions", "list", code=2)


def test_upload_prints_ids_only_and_download_places_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model_id = create_model()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.pt").write_bytes(b"weights" * 100_000)
    (tmp_path / "notes.txt").write_text("notes", encoding="utf-8")
    uploaded = run("artifacts", "upload", "--parent-id", model_id, "--path", "run", "--path", "notes.txt")
    ids = uploaded.stdout.splitlines()
    assert uploaded.stderr == ""
    listed = {one["id"]: one["path"] for one in read("artifacts", "list", "--parent-id", model_id)}
    assert [listed[one] for one in ids] == ["run/model.pt", "notes.txt"]
    tracked = run("artifacts", "track", "--parent-id", model_id, "--path", "s3://bucket/x").stdout.strip()
    place = run("artifacts", "download", "--id", ids[0], "--path", "out").stdout.strip()
    assert Path(place) == Path("out/run/model.pt")
    assert Path(place).read_bytes() == (tmp_path / "run" / "model.pt").read_bytes()
    everything = run("artifacts", "download", "--parent-id", model_id, "--path", "all").stdout.splitlines()
    assert set(everything) == {"all/run/model.pt", "all/notes.txt"}
    refused = run("artifacts", "download", "--id", tracked, "--path", "out", code=1)
    assert "s3://bucket/x" in refused.stderr
    missing = run("artifacts", "upload", "--parent-id", model_id, "--path", "missing", code=1)
    assert missing.stderr == "Error: files[0]: 'missing' does not exist\n"
    run("artifacts", "download", code=2)


def test_metrics_and_metadata_are_printed(client: ModelBox) -> None:
    model_id = create_model()
    logged = client.object(model_id)
    for step in range(3):
        logged.log_metrics({"loss": 1 / (step + 1), "note": "x"}, step=step, wallclock=step)
    logged.log_metrics({"loss": float("nan")}, step=3, wallclock=3)
    client.flush()
    points = read("metrics", "--id", model_id, "--key", "loss")
    assert [(point["step"], point["value"]) for point in points] == [(0, 1.0), (1, 0.5), (2, 1 / 3), (3, "NaN")]
    assert {point["key"]: point["step"] for point in read("metrics", "--id", model_id, "--last")} == {
        "loss": 3,
        "note": 2,
    }
    assert "0.5" in run("metrics", "--parent-id", model_id).stdout
    run("metadata", "set", "--id", model_id, "layers", "[64, 32]")
    run("metadata", "set", "--id", model_id, "author", "me")
    assert read("metadata", "list", "--id", model_id) == {"layers": [64, 32], "author": "me"}
    assert "[64, 32]" in run("metadata", "list", "--id", model_id).stdout


def test_watch_prints_changes_and_resumes() -> None:
    model_id = create_model()
    run("metadata", "set", "--id", model_id, "k", "1")
    lines = run("watch", "--namespace", "demo", "--count", "2", "--output", "json").stdout.splitlines()
    first, second = map(json.loads, lines)
    assert (first["type"], first["kind"], first["object_id"]) == ("ModelCreated", "created", model_id)
    after = run("watch", "--namespace", "demo", "--count", "1", "--after", first["token"], "--output", "json")
    assert json.loads(after.stdout) == second
    assert "MetadataUpdated" in run("watch", "--namespace", "demo", "--since", "1970-01-01", "--count", "2").stdout
    run("watch", "--since", "yesterday", code=2)


BAD_INPUT = {
    "name: is empty": ("models", "create", "--name", ""),
    "name: holds the control character": ("models", "create", "--name", "a\x07b"),
    "name: has 100,000 characters": ("models", "create", "--name", "x" * 100_000),
    "name: there is no model": ("models", "show", "--model", "missing"),
    "id: there is no model": ("models", "show", "--id", "00000000-0000-4000-8000-000000000000"),
    "id: 'x' is neither an id nor the name of any": ("metadata", "set", "--id", "x", "k", "1"),
    "id: 'y' is neither an id nor the name of any": ("artifacts", "track", "--parent-id", "y", "--path", "../a"),
    "token 'x' is not": ("watch", "--after", "x"),
}


def test_bad_input_is_one_line_that_names_the_field(sdk_server: SdkServer) -> None:
    before = sdk_server.position()
    for problem, arguments in BAD_INPUT.items():
        result = run(*arguments, code=1)
        assert result.stdout == ""
        assert result.stderr.startswith(f"Error: {problem}")
        assert result.stderr.count("\n") == 1
    assert sdk_server.position() == before


def test_a_server_that_does_not_answer_is_exit_code_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelbox.cli.common.TIMEOUT_S", 0.3)
    result = run("models", "list", "--server-addr", "localhost:1", code=3)
    assert result.stderr.startswith("Error: server_addr: no answer from localhost:1")


def test_the_program_runs_as_a_process() -> None:
    command = [sys.executable, "-m", "modelbox.cli.main", "client", "models", "list", "--output", "json"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(result.stdout) == []


def _started(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "modelbox.cli.main", "client", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _interrupt(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in told


def test_an_interrupted_watch_is_exit_code_130() -> None:
    create_model()
    process = _started("watch", "--namespace", "demo")
    assert process.stdout is not None
    assert "ModelCreated" in process.stdout.readline()
    _interrupt(process)


def test_an_interrupted_upload_is_exit_code_130(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(64 << 30)  # takes long to send, and no room
    process = _started("artifacts", "upload", "--parent-id", create_model(), "--path", str(large))
    opened = Path(f"/proc/{process.pid}/fd")
    deadline = monotonic() + 30
    while not any(fd.is_symlink() and fd.readlink() == large for fd in opened.iterdir()):
        assert process.poll() is None
        assert monotonic() < deadline
        sleep(0.05)
    _interrupt(process)


def test_the_cache_is_where_the_configuration_that_is_named_says(
    client: ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELBOX_CACHE_DIR", raising=False)
    config = tmp_path / "elsewhere.toml"
    config.write_text(f'server_addr = "{client.address}"\ncache_dir = "{tmp_path / "cached"}"\n')
    (tmp_path / "weights.bin").write_bytes(b"w" * 100_000)
    model_id = create_model()
    client.object(model_id).upload_artifact(tmp_path / "weights.bin")

    to = ("--path", str(tmp_path / "to"), "--config-path", str(config))
    run("artifacts", "download", "--parent-id", model_id, *to)

    cached = [path for path in (tmp_path / "cached").rglob("*") if path.is_file()]
    assert [path.stat().st_size for path in cached if path.stat().st_size > 1_000] == [100_000]

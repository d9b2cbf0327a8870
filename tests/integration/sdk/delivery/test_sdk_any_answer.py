"""The whole client before a server that answers anything: it ends, with its own errors alone, and harms nothing."""

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner

from modelbox import Checkpoint, Dataset, Experiment, Model, ModelBox, ModelBoxError, ModelVersion, Run
from modelbox.cli.main import main
from modelbox.wire import all_pages
from tests.integration.sdk.delivery.any_answer import AnyAnswer
from tests.integration.sdk_server import SdkServer

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.matrix) for seed in range(1, 6))]
READS = 3
PAUSE_S_MAX = 1.0
"""A pause that the server asks for is kept, up to this; in earnest up to `RETRY_AFTER_S_MAX`."""
CALL_S_MAX = 45.0

SECRET = b"a file of the user's that no server names with right"

Calls = Mapping[str, Callable[[], Any]]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelbox.backoff.RETRY_AFTER_S_MAX", PAUSE_S_MAX)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "precious" / "thesis.tex"
    path.parent.mkdir(parents=True)
    path.write_bytes(SECRET)
    return path


@pytest.fixture
def patient(sdk_server: SdkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelBox]:
    """A client that has a working folder with nothing in it, and does not wait long."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with ModelBox(sdk_server.address, timeout_s=1.0) as box:
        yield box
        box.close(timeout_s=0.1)


class Objects:
    """One object of each kind, made before the server turned hostile, with a file."""

    def __init__(self, box: ModelBox, file: Path) -> None:
        self.experiment: Experiment = box.new_experiment("digits")
        self.run: Run = self.experiment.new_run(source=False, heartbeat=False)
        self.checkpoint: Checkpoint = self.run.new_checkpoint(epoch=1, artifacts=[file])
        self.dataset: Dataset = box.new_dataset("mnist", digest="sha256:9f86d0")
        self.model: Model = box.new_model("lenet")
        self.version: ModelVersion = self.model.new_model_version("1")
        self.artifact = self.version.upload_artifact(file)[0].id
        box.flush()


def reads(box: ModelBox, of: Objects) -> Calls:
    return {
        "experiments": lambda: box.experiments(namespace="", limit=500),
        "experiment": lambda: box.experiment(of.experiment.id),
        "runs": lambda: of.experiment.runs(limit=500),
        "run": of.run.refreshed,
        "best_run": lambda: of.experiment.best_run("loss"),
        "compare": lambda: box.compare([of.run]),
        "run.experiment": of.run.experiment,
        "run.children": lambda: of.run.children(limit=500),
        "checkpoints": lambda: of.run.checkpoints(limit=500),
        "checkpoint": lambda: of.run.checkpoint(1),
        "models": lambda: box.models(limit=500),
        "model": lambda: box.model(name="lenet"),
        "versions": lambda: of.model.model_versions(limit=500),
        "version": lambda: of.model.model_version("1"),
        "by tag": lambda: of.model.model_version(tag="production"),
        "datasets": lambda: box.datasets(limit=500),
        "namespaces": lambda: box.namespaces(limit=500),
        "members": box.cluster_members,
        "metadata": of.run.metadata,
        "metadata_history": lambda: of.run.metadata_history(limit=500),
        "hyperparameters": of.run.hyperparameters,
        "metrics": of.run.metrics,
        "all_metrics": of.run.all_metrics,
        "events": lambda: of.run.events(limit=500),
        "lineage": of.version.lineage,
        "artifacts": lambda: of.version.artifacts(limit=500),
        "watch": lambda: list(islice(box.watch(), 1)),
        "html": of.version._repr_html_,
        "run html": of.run._repr_html_,
    }


def writes(box: ModelBox, of: Objects, file: Path) -> Calls:
    return {
        "new_model": lambda: box.new_model("other"),
        "new_version": lambda: of.model.new_model_version("2"),
        "new_experiment": lambda: box.new_experiment("other"),
        "promote": lambda: of.checkpoint.promote(of.model),
        "set_tag": lambda: of.version.set_unique_tag("production"),
        "remove_tag": lambda: of.version.remove_unique_tag("production"),
        "update": lambda: of.run.update(comment="x"),
        "update_metadata": lambda: of.run.update_metadata("a", 1),
        "log_event": lambda: of.run.log_event("x"),
        "log_metrics": lambda: of.run.log_metrics({"loss": 1.0}, step=1),
        "link": lambda: of.run.link(of.model),
        "delete": of.dataset.delete,
        "restore": of.dataset.restore,
        "finish": of.run.finish,
        "resume": of.run.resume,
        "track": lambda: of.run.track_artifacts(file),
        "upload": lambda: of.run.upload_artifact(file),
        "upload large": lambda: of.run.upload_artifact(file.with_name("large")),
        "upload several": lambda: of.run.upload_artifact(file.parent),
        "flush": lambda: box.flush(timeout_s=1.0),
    }


def downloads(box: ModelBox, of: Objects) -> Calls:
    return {
        "download": lambda: of.version.download_artifact(of.artifact, "down"),
        "download by id": lambda: box.download_artifact(of.artifact, "down"),
        "download all": lambda: of.version.download_artifacts("down"),
        "download here": lambda: of.version.download_artifacts(overwrite=True),
    }


COMMANDS = (
    "experiments list",
    "experiments show --id {id}",
    "runs list --experiment-id {id}",
    "runs show --id {id}",
    "models list",
    "models show --id {id}",
    "model-versions list --model lenet",
    "datasets list",
    "checkpoints list --run-id {id}",
    "artifacts list --parent-id {id}",
    "artifacts download --parent-id {id} --path down",
    "metadata list --id {id}",
    "metrics --id {id}",
    "events list --id {id}",
    "lineage --id {id}",
    "list",
)


def test_whatever_a_server_answers_a_command_says_so_in_a_line(
    sdk_server: SdkServer, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("MODELBOX_API_ADDR", sdk_server.address)
    sdk_server.stop()
    before = contents(tmp_path)
    wrong: list[str] = []
    with AnyAnswer(7, target).serving(sdk_server.address):
        for command in COMMANDS * 3:
            result = CliRunner().invoke(main, ["client", *command.format(id=uuid4()).split()])
            if result.exit_code not in {0, 1, 3} or not isinstance(result.exception, SystemExit | None):
                wrong.append(f"{command}: {result.exit_code}, {result.exception!r}"[:300] + result.stderr[:200])
    sdk_server.start()
    assert wrong == []
    assert contents(tmp_path) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_a_server_answers_the_client_ends_and_touches_no_file_that_it_was_not_asked_to(
    sdk_server: SdkServer, patient: ModelBox, target: Path, tmp_path: Path, seed: int
) -> None:
    (tmp_path / "sent").mkdir()
    file = tmp_path / "sent" / "model.bin"
    file.write_bytes(b"m" * 1000)
    file.with_name("large").write_bytes(os.urandom(300_000))
    of = Objects(patient, file)
    sdk_server.stop()
    before = contents(tmp_path)

    wrong: list[str] = []
    with AnyAnswer(seed, target).serving(sdk_server.address):
        # What waits to be recorded is waited for before something is read; so reads come first.
        for calls in (*[{**reads(patient, of), **downloads(patient, of)}] * READS, writes(patient, of, file)):
            wrong += [problem for name, call in calls.items() if (problem := outcome(name, call))]
    sdk_server.start()

    assert wrong == []
    assert contents(tmp_path) == before


def outcome(name: str, call: Callable[[], Any]) -> str:
    """Make one call; return what is wrong with how it ended, if anything."""
    start = monotonic()
    try:
        call()
    except ModelBoxError:
        pass
    except OSError as error:
        # A label may be a name that no folder takes.
        if error.errno != errno.ENAMETOOLONG:
            return f"{name}: {error}"
    except Exception as error:  # noqa: BLE001  # any other is what the test is about
        return f"{name}: {type(error).__name__}: {str(error)[:200]}"
    took_s = monotonic() - start
    return f"{name}: took {took_s:.0f} s" if took_s > CALL_S_MAX else ""


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder but those of the client's own, and what it was asked to download."""
    own = ("journals", "cache", "work", "blobs")
    parts = {path: path.relative_to(folder).parts for path in folder.rglob("*")}
    return {str(path): path.read_bytes() for path, (top, *_) in parts.items() if path.is_file() and top not in own}


def test_a_list_that_names_the_same_next_page_for_ever_ends() -> None:
    with pytest.raises(ModelBoxError, match="next page"):
        all_pages(lambda _token, _size: ([1], "again"), limit=None)


def test_a_list_of_empty_pages_without_end_ends() -> None:
    tokens = iter(range(10**9))
    with pytest.raises(ModelBoxError, match="empty pages"):
        all_pages(lambda _token, _size: ([], str(next(tokens))), limit=None)

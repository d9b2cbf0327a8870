"""PyTorch Lightning reports to ModelBox through its logger."""

import pickle
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lightning", reason="PyTorch Lightning is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from modelbox import Checkpoint, ModelBox, RunStatus
from modelbox.integrations.keeper import UPLOADED_FILES
from modelbox.integrations.lightning import ModelBoxLogger
from modelbox.lightning_logger import ModelBoxLogger as PublishedLogger
from tests.integration.sdk_server import SdkServer, wait_until
from tests.integrations import digits_lightning
from tests.integrations.digits_lightning import BATCHES, DigitsNet, loaders, pl, torch, trainer

pytestmark = [pytest.mark.lightning, pytest.mark.filterwarnings("default")]  # Warnings are the framework's own.


def test_a_training_is_a_run_with_its_metrics_and_hyperparameters(client: ModelBox, tmp_path: Path) -> None:
    logger = ModelBoxLogger("tests", "digits", "me@example.org", "wandb-1", client.address, run_name="first")
    trainer(logger, tmp_path / "checkpoints", 3).fit(DigitsNet(width=3), *loaders())
    run = logger.box.run(logger.version)
    assert (run.name, run.status, run.owner) == ("first", RunStatus.FINISHED, "me@example.org")
    assert run.experiment().external_id == "wandb-1"
    assert run.hyperparameters() == {"width": 3, "lr": 0.01}
    steps = {key: [point.step for point in points] for key, points in run.metrics().items()}
    ends = [BATCHES * epoch - 1 for epoch in (1, 2, 3)]
    assert steps == {"train_loss": list(range(3 * BATCHES)), "val_loss": ends}


def test_checkpoints_are_uploaded_with_metrics_and_the_best_becomes_a_model_version(
    client: ModelBox, tmp_path: Path
) -> None:
    logger = ModelBoxLogger(
        *("tests", "digits"),
        server_addr=client.address,
        upload_checkpoints=True,
        model_name="digits",
        unique_tags=["candidate"],
    )
    used = trainer(logger, tmp_path / "checkpoints", 3)
    used.fit(DigitsNet(), *loaders())
    checkpoints = logger.box.run(logger.version).checkpoints()
    assert [one.step for one in checkpoints] == [BATCHES, 2 * BATCHES, 3 * BATCHES]
    assert [one.metadata()["epoch"] for one in checkpoints] == [0, 1, 2]
    assert all(one.metric_values.keys() == {"train_loss", "val_loss"} for one in checkpoints)
    best = logger.box.model(namespace="tests", name="digits").model_version(tag="candidate")
    assert logger.promoted is not None
    assert best.id == logger.promoted.id
    assert best.checkpoint_id == checkpoints[-1].id
    [file] = best.artifacts()
    downloaded = file.download(tmp_path / "best")
    assert downloaded.read_bytes() == Path(used.checkpoint_callback.best_model_path).read_bytes()
    DigitsNet.load_from_checkpoint(downloaded, weights_only=True)


def test_a_training_without_the_server_is_a_model_version_once_it_is_there(
    sdk_server: SdkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(tmp_path / "journal"))
    sdk_server.stop()
    logger = ModelBoxLogger(
        *("tests", "digits"),
        server_addr=sdk_server.address,
        upload_checkpoints=True,
        model_name="digits-l",
        unique_tags=["candidate"],
    )
    trainer(logger, tmp_path / "checkpoints", 2).fit(DigitsNet(), *loaders())
    assert logger.promoted is None
    sdk_server.start()
    logger.box.flush()
    version = logger.box.model(namespace="tests", name="digits-l").model_version(tag="candidate")
    assert version.run_id == logger.version
    assert [artifact.uploaded for artifact in version.artifacts()] == [True]


def test_nothing_but_checkpoints_is_left_in_their_folder(client: ModelBox, tmp_path: Path) -> None:
    """What was held for its upload is released, also of checkpoints that Lightning has removed meanwhile."""
    logger = ModelBoxLogger("tests", "digits", server_addr=client.address, upload_checkpoints=True)
    trainer(logger, tmp_path / "checkpoints", 4).fit(DigitsNet(), *loaders())
    left = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert left == ["epoch=2-step=30.ckpt", "epoch=3-step=40.ckpt", "last.ckpt"]
    assert len(logger.box.run(logger.version).checkpoints()) == 4


def test_checkpoints_are_tracked_where_they_are_unless_they_are_uploaded(client: ModelBox, tmp_path: Path) -> None:
    logger = ModelBoxLogger("tests", "digits", server_addr=client.address)
    trainer(logger, tmp_path / "checkpoints", 1).fit(DigitsNet(), *loaders())
    [checkpoint] = logger.box.run(logger.version).checkpoints()
    paths = {Path(artifact.path) for artifact in checkpoint.artifacts()}
    assert paths == {tmp_path / "checkpoints" / name for name in ("epoch=0-step=10.ckpt", "last.ckpt")}
    assert not any(artifact.uploaded for artifact in checkpoint.artifacts())


class Failing(pl.Callback):
    """Raises after some steps."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        if trainer.global_step == 5:
            raise self._error


@pytest.mark.parametrize(
    "error, status, reason",
    [
        (ValueError("too deep"), RunStatus.FAILED, "ValueError: too deep"),
        (KeyboardInterrupt(), RunStatus.KILLED, "KeyboardInterrupt"),
    ],
)
def test_a_run_ends_as_its_training_does(
    client: ModelBox, tmp_path: Path, error: BaseException, status: RunStatus, reason: str
) -> None:
    before = signal.getsignal(signal.SIGINT)
    logger = ModelBoxLogger("tests", "digits", server_addr=client.address)
    with pytest.raises((type(error), SystemExit)):
        trainer(logger, tmp_path / "checkpoints", 2, callbacks=[Failing(error)]).fit(DigitsNet(), *loaders())
    # Lightning leaves it ignored after an interrupt.
    signal.signal(signal.SIGINT, before)
    run = logger.box.run(logger.version)
    assert (run.status, run.reason) == (status, reason)
    assert len(run.metrics()["train_loss"]) >= 4


def test_a_validation_before_the_training_does_not_end_the_run(client: ModelBox, tmp_path: Path) -> None:
    logger = ModelBoxLogger("tests", "digits", server_addr=client.address)
    module, (train, validation) = DigitsNet(), loaders()
    used = trainer(logger, tmp_path / "checkpoints", 1)
    used.validate(module, validation, verbose=False)
    logger.box.flush()
    assert logger.box.run(logger.version).status is RunStatus.RUNNING
    used.fit(module, train, validation)
    assert logger.box.run(logger.version).status is RunStatus.FINISHED


def test_several_values_of_one_step_are_aggregated_if_asked_to(client: ModelBox) -> None:
    logger = PublishedLogger(
        namespace="tests",
        experiment_name="digits",
        owner="me@example.org",
        server_addr=client.address,
        agg_key_funcs={"peak": max},
    )
    for step, value in ((1, 1.0), (1, 3.0), (2, 5.0)):
        logger.log_metrics({"peak": value, "mean": value, "epoch": 0}, step=step)
    logger.finalize("success")
    found = logger.box.run(logger.version).metrics()
    assert {key: [(p.step, p.value) for p in points] for key, points in found.items()} == {
        "peak": [(1, 3.0), (2, 5.0)],
        "mean": [(1, 2.0), (2, 5.0)],
    }


def test_a_logger_travels_to_other_processes_as_the_same_run(client: ModelBox) -> None:
    logger = ModelBoxLogger("tests", "digits", server_addr=client.address)
    logger.log_metrics({"a": 1.0}, step=0)
    copy = pickle.loads(pickle.dumps(logger))  # noqa: S301  # of our own
    assert copy.version == logger.version
    with logger.box, copy.box:
        assert copy.run.id == logger.run.id


def test_only_rank_zero_reports(client: ModelBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pl.utilities.rank_zero.rank_zero_only, "rank", 1)
    logger = ModelBoxLogger("tests", "digits", server_addr=client.address)
    logger.log_metrics({"a": 1.0}, step=0)
    logger.log_hyperparams({"lr": 1})
    logger.finalize("success")
    assert client.experiments("tests") == []


class Away(pl.Callback):
    """Takes the server away for the second to the fourth epoch, and measures how long they take."""

    def __init__(self, server: SdkServer) -> None:
        self._server = server
        self._began_s = self.seconds = 0.0

    def on_train_epoch_start(self, trainer: Any, _: Any) -> None:
        if trainer.current_epoch == 1:
            self._server.stop()
            self._began_s = time.monotonic()
        elif trainer.current_epoch == 4:
            self.seconds = time.monotonic() - self._began_s
            self._server.start()


def test_a_training_goes_on_at_full_speed_while_the_server_is_away(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path
) -> None:
    """Checkpoints that were saved meanwhile are sent later, though Lightning has removed some of them."""
    logger = ModelBoxLogger("tests", "digits", server_addr=client.address, upload_checkpoints=True)

    away = Away(sdk_server)
    trainer(logger, tmp_path / "checkpoints", 5, callbacks=[away]).fit(DigitsNet(), *loaders())
    # On a busy machine too: each of thirty steps that waited for the server would take seconds.
    assert away.seconds < 3 * BATCHES
    # Nor does the end of the training wait for one that it takes to be away.
    logger.box.flush()
    run = logger.box.run(logger.version)
    assert run.status is RunStatus.FINISHED
    assert [point.step for point in run.metrics()["train_loss"]] == list(range(5 * BATCHES))
    assert [_uploads(one) for one in run.checkpoints()] == [1] * 5


@pytest.mark.slow
def test_a_killed_training_goes_on_from_its_last_checkpoint_and_leaves_every_step_once(
    client: ModelBox, tmp_path: Path
) -> None:
    run_id, epochs = str(uuid.uuid4()), 25
    with _training(client, run_id, tmp_path / "first", epochs) as process:
        _wait_for_checkpoints(client, run_id, process, count=2)
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    killed = client.run(run_id)
    assert killed.status in {RunStatus.RUNNING, RunStatus.LOST}
    assert len(killed.metrics()["train_loss"]) < epochs * BATCHES
    # Another folder: nothing but what ModelBox has is there to go on from.
    with _training(client, run_id, tmp_path / "second", epochs) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("from epoch=")
        assert process.wait(100) == 0
    run = client.run(run_id)
    assert run.status is RunStatus.FINISHED
    steps = {key: [point.step for point in points] for key, points in run.metrics().items()}
    assert steps["train_loss"] == list(range(epochs * BATCHES))
    assert steps["val_loss"] == list(range(BATCHES - 1, epochs * BATCHES, BATCHES))
    finals = (tmp_path / "second/checkpoints/last.ckpt", run.checkpoints()[-1].download_artifacts(tmp_path / "last")[0])
    epochs_ended = [torch.load(path, weights_only=True)["epoch"] for path in finals]
    assert epochs_ended[0] == epochs - 1


_OTHER_PACKAGE = """
import sys, pytorch_lightning as pl
from modelbox.integrations.lightning import ModelBoxLogger
from pytorch_lightning.demos.boring_classes import BoringModel
assert issubclass(ModelBoxLogger, pl.loggers.Logger)
logger = ModelBoxLogger("tests", "boring", server_addr=sys.argv[1], run_id=sys.argv[2], save_dir=sys.argv[3])
pl.Trainer(max_steps=3, logger=logger, accelerator="cpu", enable_progress_bar=False).fit(BoringModel())
"""


@pytest.mark.slow
def test_the_other_package_of_lightning_is_served_where_it_is_in_use(client: ModelBox, tmp_path: Path) -> None:
    pytest.importorskip("pytorch_lightning", reason="pytorch_lightning is not installed")
    run_id = str(uuid.uuid4())
    program = [sys.executable, "-W", "ignore", "-c", _OTHER_PACKAGE, client.address, run_id, str(tmp_path)]
    subprocess.run(program, check=True, capture_output=True, timeout=90)
    run = client.run(run_id)
    assert run.status is RunStatus.FINISHED
    assert [one.step for one in run.checkpoints()] == [3]


def _training(client: ModelBox, run_id: str, folder: Path, epochs: int) -> "subprocess.Popen[str]":
    program = ("-m", digits_lightning.__name__, client.address, run_id, str(folder), str(epochs))
    return subprocess.Popen([sys.executable, *program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _wait_for_checkpoints(client: ModelBox, run_id: str, process: "subprocess.Popen[str]", *, count: int) -> None:
    def there() -> bool:
        assert process.poll() is None, "the training ended too early"
        runs = client.runs("tests", filter=f'id = "{run_id}"')
        return bool(runs) and sum(_uploads(one) > 0 for one in runs[0].checkpoints()) >= count

    wait_until(there, timeout_s=60)


def _uploads(checkpoint: Checkpoint) -> int:
    return int(checkpoint.metadata().get(UPLOADED_FILES, 0))

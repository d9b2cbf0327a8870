"""A PyTorch training loop of one's own: a run with checkpoints to go on from.

    with TrainingRun(box, "digits", run_id=run_id) as training:
        restored = training.load_checkpoint(model, optimizer)
        for epoch in range(restored.epoch + 1 if restored else 0, 10):
            ...
            training.log_metrics({"loss": loss}, step)
            training.save_checkpoint(model, optimizer, epoch, {"loss": loss})

Under torch.distributed only rank zero reports and saves; every rank gets what it loads. Checkpoints are read with
`weights_only`, so that reading one runs no code of it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, Unpack

from modelbox.client import ModelBox
from modelbox.enums import MLFramework, RunStatus
from modelbox.integrations.describing import numbers_of
from modelbox.integrations.frameworks import framework
from modelbox.integrations.keeper import Saved
from modelbox.integrations.reporting import Reporter, outcome_of
from modelbox.integrations.restoring import restored_checkpoint
from modelbox.kinds.model import Model
from modelbox.kinds.model_version import ModelVersion
from modelbox.kinds.run import Run, RunFields
from modelbox.ranks import is_rank_zero
from modelbox.transfer.artifact_paths import path_below

_torch: Any = framework("torch", install="torch")
_distributed: Any = framework("torch.distributed", install="torch")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a checkpoint was saved with, beside the state that is in the model and the optimizer again."""

    epoch: int
    metrics: Mapping[str, float]
    extra: Mapping[str, Any]


class TrainingRun:
    """A run of a training loop. In a `with` statement it ends as finished, failed or killed.

    What is logged for a step that a resumed run already has is left out, so that a training that goes on from a
    checkpoint leaves every step once.
    """

    def __init__(
        self,
        box: ModelBox,
        experiment: str,
        *,
        namespace: str = "",
        folder: str | os.PathLike[str] = "checkpoints",
        upload: bool = True,
        run_id: str = "",
        **of: Unpack[RunFields],
    ) -> None:
        """Start the run, or go on with the one of this id.

        Args:
            experiment: The experiment's name; it is created if there is none.
            folder: Where checkpoints are saved, in a folder of the run's own.
            upload: Send checkpoints to ModelBox; otherwise their places are recorded.
            of: Whatever `Experiment.new_run` takes.

        Raises:
            RunEndedError: The run has finished.
        """
        self._reporter: Reporter | None = None
        self._folder: Final = Path(folder)
        self._best: tuple[float, str] | None = None
        self._last_path = ""
        if is_rank_zero():
            found = box.new_experiment(experiment, namespace=namespace, framework=MLFramework.PYTORCH)
            fields: RunFields = {**of, "id": run_id} if run_id else of
            self._reporter = Reporter(box, found, upload=upload, **fields)

    @property
    def run(self) -> Run | None:
        """The run; None except on rank zero."""
        return None if self._reporter is None else self._reporter.run

    def log_metrics(self, metrics: Mapping[str, Any], step: int) -> None:
        """Log metrics on rank zero; those that a resumed run has at this step already are left out."""
        if self._reporter is not None:
            self._reporter.log_metrics(metrics, step)

    def save_checkpoint(
        self,
        model: Any,
        optimizer: Any = None,
        epoch: int = 0,
        metrics: Mapping[str, Any] | None = None,
        *,
        extra: Mapping[str, Any] | None = None,
    ) -> Path | None:
        """Save the state of model, optimizer and torch's random numbers; it is sent in the background.

        Args:
            optimizer: Whatever has a `state_dict`: an optimizer, or a dict of several by name.
            epoch: The number of the epoch that has ended; the checkpoint's key.
            metrics: Numbers to keep with the checkpoint.
            extra: Anything else that `torch.load` reads with `weights_only`: numbers, text, tensors, lists and dicts.

        Returns:
            Where it is; None except on rank zero.
        """
        if self._reporter is None:
            return None
        numbers = numbers_of(self._reporter.run, metrics or {})
        state = {
            "epoch": epoch,
            "metrics": numbers,
            "extra": dict(extra or {}),
            "model": _bare(model).state_dict(),
            "optimizer": _state_of(optimizer),
            "random": _torch.get_rng_state(),
        }
        path = self._folder_of(self._reporter.run) / f"epoch-{epoch:04}.pt"
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under another name until it is whole: a process that is killed leaves no half of a checkpoint.
        half = path.with_suffix(".half")
        _torch.save(state, half)
        half.replace(path)
        self._last_path = str(path)
        self._reporter.keep(Saved(path=str(path), epoch=epoch, metrics=numbers, metadata={}))
        return path

    def load_checkpoint(self, model: Any, optimizer: Any = None) -> Restored | None:
        """Load the newest whole checkpoint of the run into model and optimizer, on every rank.

        Returns:
            What it was saved with; None if the run has none.
        """
        state = self._read_state()
        if _distributed.is_available() and _distributed.is_initialized():
            box = [state]
            _distributed.broadcast_object_list(box, src=0)
            [state] = box
        if state is None:
            return None
        _bare(model).load_state_dict(state["model"])
        if optimizer is not None:
            _load_state(optimizer, state["optimizer"])
        _torch.set_rng_state(state["random"])
        return Restored(state["epoch"], state["metrics"], state["extra"])

    def promote(
        self, model: Model, *, path: Path | None = None, unique_tags: tuple[str, ...] = ()
    ) -> ModelVersion | None:
        """Make a model version of a saved checkpoint, the last unless given; None except on rank zero."""
        if self._reporter is None:
            return None
        return self._reporter.promote(str(path or self._last_path), model, unique_tags=unique_tags)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reporter is not None:
            self._reporter.end(*((RunStatus.FINISHED, "") if error is None else outcome_of(error)))

    def _folder_of(self, run: Run) -> Path:
        # An id may have come from a server: it is a name below the folder, whatever it says.
        return self._folder / path_below(run.id, file_id="run")

    def _read_state(self) -> dict[str, Any] | None:
        run, reporter = self.run, self._reporter
        # A run that was just started has none, and the server need not be there to say so.
        if run is None or reporter is None or not (run.exists or self._last_path):
            return None
        reporter.keeper.wait()
        path = restored_checkpoint(run, self._folder_of(run) / "restored")
        if path is None:
            return None
        state: dict[str, Any] = _torch.load(path, map_location="cpu", weights_only=True)
        return state


def _bare(model: Any) -> Any:
    """Return the model inside DistributedDataParallel, whose names a single process does not have."""
    parallel: Any = framework("torch.nn.parallel", install="torch").DistributedDataParallel
    return model.module if isinstance(model, parallel) else model


def _state_of(optimizer: Any) -> Any:
    if isinstance(optimizer, Mapping):
        return {name: _state_of(one) for name, one in optimizer.items()}
    return None if optimizer is None else optimizer.state_dict()


def _load_state(optimizer: Any, state: Any) -> None:
    if isinstance(optimizer, Mapping):
        for name, one in optimizer.items():
            _load_state(one, state[name])
    else:
        optimizer.load_state_dict(state)

"""PyTorch Lightning: a Logger that reports a training as a run.

    logger = ModelBoxLogger("vision", "digits", "me@example.org", upload_checkpoints=True)
    Trainer(logger=logger, callbacks=[ModelCheckpoint(monitor="val_loss")]).fit(model, data)

It is one for the package that is in use, `lightning` or `pytorch_lightning`.
"""

import atexit
import os
import statistics
import sys
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from modelbox.client import ModelBox
from modelbox.enums import MLFramework, RunStatus
from modelbox.errors import NotFoundError
from modelbox.ids import drawn_id
from modelbox.integrations.describing import numbers_of
from modelbox.integrations.frameworks import framework
from modelbox.integrations.keeper import Saved
from modelbox.integrations.reporting import Reporter, outcome_of
from modelbox.integrations.restoring import restored_checkpoint
from modelbox.kinds.experiment import Experiment
from modelbox.kinds.model import NewModel
from modelbox.kinds.model_version import ModelVersion
from modelbox.kinds.run import Run
from modelbox.other_words import takes

Aggregate = Callable[[Sequence[float]], float]
"""Makes one value of those that were logged for one key and step."""

# Both packages have the same classes, each its own: the one that is loaded counts, then the one that is there.
_IS_OLD_NAME: Final = sys.modules.get("pytorch_lightning") is not None or (
    find_spec("lightning") is None and find_spec("pytorch_lightning") is not None
)
_PACKAGE: Final = "pytorch_lightning" if _IS_OLD_NAME else "lightning.pytorch"
_loggers: Any = framework(f"{_PACKAGE}.loggers.logger", install="lightning")
_rank_zero: Any = framework(f"{_PACKAGE}.utilities.rank_zero", install="lightning")
_Method = TypeVar("_Method", bound=Callable[..., Any])


class _Decorator(Protocol):
    """Lightning's decorators: what they return is called like what they were given."""

    def __call__(self, method: _Method, /) -> _Method: ...


_rank_zero_only: _Decorator = _rank_zero.rank_zero_only
_rank_zero_object: _Decorator = _loggers.rank_zero_experiment


class ModelBoxLogger(_loggers.Logger):
    """Reports metrics, hyperparameters and checkpoints of a training to ModelBox, from rank zero alone.

    The experiment and its run are created when they are first needed. The run ends with the training: as finished,
    failed or killed. What is logged for a step that a resumed run already has is left out, so that a training that
    goes on from a checkpoint leaves every step once.
    """

    @takes()
    def __init__(
        self,
        namespace: str,
        experiment_name: str,
        owner: str = "",
        external_id: str = "",
        server_addr: str = "",
        *,
        upload_checkpoints: bool = False,
        agg_key_funcs: Mapping[str, Aggregate] | None = None,
        agg_default_func: Aggregate | None = None,
        run_id: str = "",
        run_name: str = "",
        model_name: str = "",
        unique_tags: Iterable[str] = (),
        save_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        """Take what to report as; nothing is asked of the server yet.

        Args:
            namespace: Of the experiment; the client's own, if it is empty.
            external_id: The experiment's id in another tracker.
            server_addr: `host:port`; where `ModelBox` finds it, unless given.
            upload_checkpoints: Send the files of checkpoints; otherwise their places are recorded.
            agg_key_funcs: How to make one value of several that a key got at one step; metrics are then logged when
                the next step begins.
            agg_default_func: The same for the other keys; their mean, unless given.
            run_id: Go on with this run, or give a new one this id (a UUID).
            run_name: What to call a new run.
            model_name: Make a version of this model of the best checkpoint when the training has finished; behind the
                checkpoint, where the server is away.
            unique_tags: Tags of that version, such as "candidate"; it takes them from others.
            save_dir: The folder that checkpoints are saved below; the trainer's, unless given.
        """
        super().__init__()
        self._namespace, self._experiment_name = namespace, experiment_name
        self._owner, self._external_id = owner, external_id
        self._server_addr = server_addr
        self._upload_checkpoints = upload_checkpoints
        self._aggregates = None if agg_key_funcs is None and agg_default_func is None else dict(agg_key_funcs or {})
        self._default_aggregate: Aggregate = agg_default_func or statistics.fmean
        # Drawn here, so that the processes of one training mean the same run.
        self._run_id = run_id or drawn_id()
        self._run_name = run_name
        self._model_name = model_name
        self._unique_tags = tuple(unique_tags)
        self._save_dir = None if save_dir is None else os.fspath(save_dir)
        self._forget()

    def _forget(self) -> None:
        """Begin without what belongs to one process."""
        self._box: ModelBox | None = None
        self._found_experiment: Experiment | None = None
        self._reporter: Reporter | None = None
        self._module: Callable[[], Any] = lambda: None
        self._gathered: tuple[int, dict[str, list[Any]]] | None = None
        self._seen: dict[str, int] = {}
        self._ends_at_exit = False

    def __getstate__(self) -> dict[str, Any]:
        own = ("_box", "_found_experiment", "_reporter", "_module", "_gathered", "_seen", "_ends_at_exit")
        return {name: value for name, value in self.__dict__.items() if name not in own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self._experiment_name

    @property
    def version(self) -> str:
        """The run's id: checkpoints of different runs are saved in different folders."""
        return self._run_id

    @property
    def save_dir(self) -> str | None:
        """The folder that checkpoints are saved below; None for the trainer's."""
        return self._save_dir

    @property
    def box(self) -> ModelBox:
        """The client."""
        if self._box is None:
            self._box = ModelBox(self._server_addr)
        return self._box

    @property
    @_rank_zero_object
    def experiment(self) -> Experiment:
        """The experiment, created at the first use."""
        if self._found_experiment is None:
            self._found_experiment = self.box.new_experiment(
                self._experiment_name, self._owner, self._namespace, self._external_id, framework=MLFramework.PYTORCH
            )
        return self._found_experiment

    @property
    @_rank_zero_object
    def run(self) -> Run:
        """The run, started or resumed at the first use."""
        return self._report().run

    @_rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log metrics at a step: the trainer's, unless given. Lightning's own `epoch` among them is left out."""
        points = {key: value for key, value in metrics.items() if key != "epoch"}
        at = self._global_step() if step is None else step
        if self._aggregates is None:
            self._report().log_metrics(points, at)
            return
        if self._gathered is not None and self._gathered[0] != at:
            self.save()
        _, gathered = self._gathered = self._gathered or (at, {})
        for key, value in numbers_of(self._report().run, points).items():
            gathered.setdefault(key, []).append(value)

    @_rank_zero_only
    def log_hyperparams(self, params: Any, *_: Any, **__: Any) -> None:
        """Record hyperparameters: a dict, a namespace, a configuration."""
        self._report().run.log_hyperparameters(params)

    @_rank_zero_only
    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """Remember the module, through which the trainer is known; no graph is recorded."""
        self._module = weakref.ref(model)

    @_rank_zero_only
    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Record the checkpoint that was just saved, in the background."""
        path = self._just_saved(checkpoint_callback)
        if path is not None:
            trainer = self._trainer()
            metrics = getattr(trainer, "callback_metrics", {})
            epoch = getattr(trainer, "current_epoch", None)
            saved = Saved(
                path=path,
                step=self._global_step(),
                metrics=numbers_of(self._report().run, metrics),
                metadata={"epoch": epoch, "monitor": getattr(checkpoint_callback, "monitor", None)},
            )
            self._report().keep(saved)

    @_rank_zero_only
    def save(self) -> None:
        """Log what was gathered for aggregation."""
        gathered, self._gathered = self._gathered, None
        if gathered is not None:
            step, values = gathered
            aggregates = self._aggregates or {}
            metrics = {key: aggregates.get(key, self._default_aggregate)(many) for key, many in values.items()}
            self._report().log_metrics(metrics, step)

    @_rank_zero_only
    def finalize(self, status: str) -> None:
        """End the run with the training; a validation or test alone ends it with the program."""
        self.save()
        if self._reporter is None:
            return
        if status == "failed":
            self._reporter.end(*outcome_of(sys.exc_info()[1]))
        elif status == "success" and self._is_fitting():
            self._promote_best()
            self._reporter.end(RunStatus.FINISHED)
        elif status == "success" and not self._ends_at_exit:
            self._ends_at_exit = True
            atexit.register(self._reporter.end, RunStatus.FINISHED)

    def last_checkpoint(self, destination: str | os.PathLike[str]) -> Path | None:
        """Download the newest whole checkpoint of the run into a folder, for `fit(…, ckpt_path=…)`.

        Returns:
            Where it is; None if the run has none, or does not exist.

        Raises:
            ModelBoxError: The server does not answer: whether there is one is not known, so nothing begins again
                unasked. To begin anew, give another `run_id`, or none, and do not ask.
        """
        try:
            run = self.box.run(self._run_id)
        except NotFoundError:
            return None
        return restored_checkpoint(run, Path(destination))

    @property
    def promoted(self) -> ModelVersion | None:
        """The model version that was made of the best checkpoint, once the training has finished.

        None while it waits for a server that is away: then it is made behind the checkpoint.
        """
        return self._promoted

    _promoted: ModelVersion | None = None

    def _report(self) -> Reporter:
        if self._reporter is None:
            self._reporter = Reporter(
                self.box,
                self.experiment,
                name=self._run_name,
                upload=self._upload_checkpoints,
                id=self._run_id,
                owner=self._owner,
            )
        return self._reporter

    def _promote_best(self) -> None:
        callback = getattr(self._trainer(), "checkpoint_callback", None)
        best = getattr(callback, "best_model_path", "")
        if self._model_name and best and self._reporter is not None:
            model = NewModel(self._model_name, self._owner, self._namespace)
            self._promoted = self._reporter.promote(str(best), model, unique_tags=self._unique_tags)

    def _trainer(self) -> Any:
        module = self._module()
        # The module's own property raises where it has none.
        return getattr(module, "_trainer", None)

    def _global_step(self) -> int:
        return int(getattr(self._trainer(), "global_step", 0))

    def _is_fitting(self) -> bool:
        state = getattr(self._trainer(), "state", None)
        return getattr(state, "fn", "fit") in {"fit", None}

    def _just_saved(self, callback: Any) -> str | None:
        """Return the path that the callback saved just now.

        It does not say which; among those it knows, it is the one that changed, and the newest, for a callback that
        was restored from a checkpoint knows older ones too.
        """
        names = [getattr(callback, name, "") for name in ("best_model_path", "last_model_path")]
        paths = {str(path) for path in (*names, *getattr(callback, "best_k_models", ())) if path}
        times = {path: Path(path).stat().st_mtime_ns if Path(path).exists() else 0 for path in paths}
        # What is kept elsewhere has no time here, but a name of its own.
        changed = [
            path
            for path, time in times.items()
            if self._seen.get(path) != time and (time or ("://" in path and path not in self._seen))
        ]
        self._seen.update(times)
        return max(changed, key=lambda path: times[path], default=None)

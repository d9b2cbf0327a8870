"""Hugging Face: a TrainerCallback that reports to a run.

with box.start_run("translation") as run:
    Trainer(..., callbacks=[ModelBoxCallback(run, upload_checkpoints=True)]).train()
"""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final

from modelbox.enums import RunStatus
from modelbox.integrations.describing import numbers_of
from modelbox.integrations.frameworks import framework
from modelbox.integrations.keeper import CheckpointKeeper, Saved
from modelbox.integrations.restoring import History, restored_checkpoint
from modelbox.kinds.run import Run

_transformers: Any = framework("transformers", install="transformers")


class ModelBoxCallback(_transformers.TrainerCallback):
    """Reports arguments, configuration, metrics and checkpoints of a Trainer, from the first process alone.

    Of a hyperparameter search each trial is a run of its own, a child of the one given, with the trial's parameters.
    The run's end is not the callback's: use the run in a `with` statement. The end of a trial's run is.
    """

    def __init__(self, run: Run, *, upload_checkpoints: bool = False) -> None:
        """Report to a run; to one that was resumed, what it does not have yet.

        Args:
            upload_checkpoints: Send the folders of checkpoints; otherwise their places are recorded.
        """
        super().__init__()
        self._search: Final = run
        self._uploads: Final = upload_checkpoints
        self._trials = 0
        self._report_to(run)

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Record the arguments and the model's configuration as hyperparameters; begin the run of a trial."""
        if state.is_world_process_zero:
            self._end_trial(RunStatus.KILLED, "the trial did not come to its end")
            if state.is_hyper_param_search:
                self._begin_trial(state)
            config = getattr(more.get("model"), "config", None)
            parameters = {"args": args} if config is None else {"args": args, "config": config}
            self._run.log_hyperparameters(parameters)

    def on_log(
        self,
        args: Any,
        state: Any,
        control: Any,
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Log the numbers among what the Trainer reports, at its step."""
        if state.is_world_process_zero:
            numbers = {key: value for key, value in (logs or {}).items() if isinstance(value, (int, float))}
            points = self._history.new_points(numbers, state.global_step)
            if points:
                self._run.log_metrics(points, step=state.global_step)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Record the checkpoint that was saved, in the background."""
        if state.is_world_process_zero:
            newest = state.log_history[-1] if state.log_history else {}
            floats = {key: value for key, value in newest.items() if isinstance(value, float)}
            metrics = numbers_of(self._run, floats)
            path = str(_saved_at(Path(args.output_dir), state))
            self._keeper.keep(
                Saved(path=path, step=state.global_step, metrics=metrics, metadata={"epoch": state.epoch})
            )

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Wait until all checkpoints are recorded, while the server answers; end the run of a trial."""
        if state.is_world_process_zero:
            self._keeper.wait()
            self._end_trial(RunStatus.FINISHED)

    def close(self) -> None:
        """Wait for the checkpoints of a training that was broken off, too, while the server answers."""
        self._keeper.close()
        self._end_trial(RunStatus.KILLED, "the trial did not come to its end")

    def last_checkpoint(self, destination: str | PathLike[str]) -> str | None:
        """Download the newest whole checkpoint of the run, for `train(resume_from_checkpoint=…)`; None if none.

        Raises:
            ModelBoxError: The server does not answer: whether there is one is not known.
        """
        path = restored_checkpoint(self._run, Path(destination))
        return None if path is None else str(path)

    def _report_to(self, run: Run) -> None:
        self._run = run
        self._keeper = CheckpointKeeper(run, upload=self._uploads)
        self._history = History(run)

    def _begin_trial(self, state: Any) -> None:
        name = state.trial_name or f"trial-{self._trials}"
        self._trials += 1
        self._report_to(self._search.new_child(name, hyperparameters=dict(state.trial_params or {}), source=False))

    def _end_trial(self, status: RunStatus, reason: str = "") -> None:
        if self._run is not self._search:
            self._run.finish(status, reason)
            self._report_to(self._search)


def _saved_at(folder: Path, state: Any) -> Path:
    """Return where the Trainer saved just now: of a search, below a folder of the trial, which nothing here names."""
    name = f"checkpoint-{state.global_step}"
    found = [path for path in (folder / name, *folder.glob(f"*/{name}")) if path.is_dir()]
    if not state.is_hyper_param_search and folder / name in found:
        return folder / name
    return max(found, key=lambda path: path.stat().st_mtime_ns, default=folder / name)

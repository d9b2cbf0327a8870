"""Hugging Face: a TrainerCallback that reports to a run.

with box.start_run("translation") as run:
    Trainer(..., callbacks=[ModelBoxCallback(run, upload_checkpoints=True)]).train()
"""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final

from modelbox.integrations.describing import numbers_of
from modelbox.integrations.frameworks import framework
from modelbox.integrations.keeper import CheckpointKeeper, Saved
from modelbox.integrations.restoring import History, restored_checkpoint
from modelbox.runs import Run

_transformers: Any = framework("transformers", install="transformers")


class ModelBoxCallback(_transformers.TrainerCallback):
    """Reports arguments, configuration, metrics and checkpoints of a Trainer, from the first process alone.

    The run's end is not the callback's: use the run in a `with` statement.
    """

    def __init__(self, run: Run, *, upload_checkpoints: bool = False) -> None:
        """Report to a run; to one that was resumed, what it does not have yet.

        Args:
            upload_checkpoints: Send the folders of checkpoints; otherwise their places are recorded.
        """
        super().__init__()
        self._run: Final = run
        self._keeper: Final = CheckpointKeeper(run, upload=upload_checkpoints)
        self._history: Final = History(run)

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Record the arguments and the model's configuration as hyperparameters."""
        if state.is_world_process_zero:
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
            path = Path(args.output_dir, f"checkpoint-{state.global_step}")
            newest = state.log_history[-1] if state.log_history else {}
            floats = {key: value for key, value in newest.items() if isinstance(value, float)}
            metrics = numbers_of(self._run, floats)
            saved = Saved(path=str(path), step=state.global_step, metrics=metrics, metadata={"epoch": state.epoch})
            self._keeper.keep(saved)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Wait until all checkpoints are recorded."""
        if state.is_world_process_zero:
            self._keeper.wait()

    def close(self) -> None:
        """Wait until all checkpoints are recorded, also of a training that was broken off; nothing is kept after it."""
        self._keeper.close()

    def last_checkpoint(self, destination: str | PathLike[str]) -> str | None:
        """Download the newest whole checkpoint of the run, for `train(resume_from_checkpoint=…)`; None if none."""
        path = restored_checkpoint(self._run, Path(destination))
        return None if path is None else str(path)

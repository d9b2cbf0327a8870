"""Keras 3, on any backend: a Callback that reports to a run.

model.fit(x, y, callbacks=[ModelBoxCallback(run, folder="checkpoints")])
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from modelbox.foreign import asked
from modelbox.integrations.describing import numbers_of
from modelbox.integrations.frameworks import framework
from modelbox.integrations.keeper import CheckpointKeeper, Saved
from modelbox.integrations.restoring import History
from modelbox.kinds.run import Run

_keras: Any = framework("keras", install="keras")


class ModelBoxCallback(_keras.callbacks.Callback):
    """Reports the optimizer's configuration, the metrics of every epoch, and checkpoints.

    The run's end is not the callback's: use the run in a `with` statement.
    """

    def __init__(
        self,
        run: Run,
        *,
        folder: str | os.PathLike[str] | None = None,
        upload_checkpoints: bool = True,
        every_epochs: int = 1,
        log_batches: bool = False,
    ) -> None:
        """Report to a run.

        Args:
            folder: Save the model there after epochs, as `epoch-0003.keras`; not at all, unless given.
            upload_checkpoints: Send what is saved; otherwise its places are recorded.
            every_epochs: After how many epochs to save, from 1.
            log_batches: Log the metrics of every batch too, as `batch/…`; Keras then waits for each of them.
        """
        super().__init__()
        self._run: Final = run
        self._folder: Final = None if folder is None else Path(folder)
        self._every_epochs: Final = every_epochs
        self._keeper: Final = CheckpointKeeper(run, upload=upload_checkpoints)
        self._history: Final = History(run)
        self._batches = 0
        if log_batches:
            # Not a method of the class: a callback that has it keeps Keras from computing ahead of the metrics.
            self.on_train_batch_end = self._log_batch

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Record hyperparameters: those of `fit` and of the optimizer."""
        optimizer = getattr(self.model, "optimizer", None)
        config = {} if optimizer is None else {"optimizer": asked(optimizer.get_config, type(optimizer).__name__)}
        self._run.log_hyperparameters({"fit": self.params, **config})

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log the metrics of an epoch, and save the model."""
        self._log(logs or {}, epoch)
        if self._folder is not None and (epoch + 1) % self._every_epochs == 0:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"epoch-{epoch:04}.keras"
            self.model.save(path)
            metrics = numbers_of(self._run, logs or {})
            self._keeper.keep(Saved(path=str(path), epoch=epoch, metrics=metrics, metadata={}))

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Wait until all checkpoints are recorded, while the server answers."""
        self._keeper.wait()

    def _log_batch(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._log({f"batch/{key}": value for key, value in (logs or {}).items()}, self._batches)
        self._batches += 1

    def _log(self, metrics: Mapping[str, Any], step: int) -> None:
        points = self._history.new_points(metrics, step)
        if points:
            self._run.log_metrics(points, step=step)

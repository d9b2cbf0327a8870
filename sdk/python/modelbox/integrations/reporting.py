"""What the integrations that own a run have in common: start or resume it, log on it, keep checkpoints, end it.

Must not know: any framework.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final, Unpack

from modelbox.client import ModelBox
from modelbox.enums import RunStatus
from modelbox.errors import ModelBoxError
from modelbox.foreign import utf8
from modelbox.integrations.keeper import FILES_ANSWER_TIMEOUT_S, CheckpointKeeper, Saved
from modelbox.integrations.restoring import History
from modelbox.kinds.experiment import Experiment
from modelbox.kinds.model import Model, NewModel
from modelbox.kinds.model_version import ModelVersion
from modelbox.kinds.run import Run, RunFields

END_TIMEOUT_S: Final = 10.0
"""How long the end of a training waits for the answer to what it logged, in seconds."""

_log: Final = logging.getLogger(__name__)


class Reporter:
    """A run of a training, from its start or from where an earlier process left it."""

    def __init__(
        self, box: ModelBox, experiment: Experiment, *, name: str = "", upload: bool, **of: Unpack[RunFields]
    ) -> None:
        """Start the run; with the `id` of one that exists, go on with it.

        Args:
            upload: Send the files of checkpoints; otherwise only their places are recorded.
            of: Whatever `Experiment.new_run` takes.

        Raises:
            RunEndedError: The run has finished.
        """
        self._box: Final = box
        run = experiment.new_run(name, **of)
        self.run: Final[Run] = run.resume() if run.exists else run
        self.keeper: Final = CheckpointKeeper(self.run, upload=upload)
        self._history: Final = History(run)
        self._has_ended = False

    def log_metrics(self, metrics: Mapping[str, Any], step: int) -> None:
        """Log metrics; those that a resumed run has at this step already are left out."""
        points = self._history.new_points(metrics, step)
        if points:
            self.run.log_metrics(points, step=step)

    def keep(self, saved: Saved) -> None:
        """Record a checkpoint that was saved; returns at once."""
        self.keeper.keep(saved)

    def promote(self, path: str, model: Model | NewModel, *, unique_tags: Iterable[str] = ()) -> ModelVersion | None:
        """Make a model version of the checkpoint that was saved at a path; None if it is made later, or cannot be.

        While the server is away it waits behind the checkpoint, and is made by whoever sends that.
        """
        try:
            version = self.keeper.promote(path, model, unique_tags=unique_tags)
        except ModelBoxError as error:
            # The training is over and its checkpoint is kept; it can be promoted by hand.
            _log.error("the checkpoint %s became no model version: %s", path, error)
            return None
        if version is None:
            _log.warning("the checkpoint %s becomes a model version when the server has it; until then it waits", path)
        return version

    def end(self, status: RunStatus, reason: str = "") -> None:
        """Wait for the checkpoints, end the run and wait until the server knows, if it answers. Only once."""
        if self._has_ended or not self.run.began_here:
            return
        self._has_ended = True
        is_answering = self.keeper.close()
        self.run.finish(status, reason)
        # A server that is slow or away is waited for once, not for each thing that is still to be sent.
        if not is_answering or not self.run.wait_for_files(END_TIMEOUT_S, patience_s=FILES_ANSWER_TIMEOUT_S):
            return  # it is sent later
        try:
            self._box.flush(END_TIMEOUT_S)
        except ModelBoxError as error:
            _log.warning("at the end of run %s: %s", self.run.id, error)


def outcome_of(error: BaseException | None) -> tuple[RunStatus, str]:
    """Return how a run ends that this error ended."""
    reason = f"{type(error).__name__}: {utf8(error)}".removesuffix(": ") if error is not None else ""
    # Lightning raises an error of its own for SIGTERM.
    is_killed = isinstance(error, KeyboardInterrupt) or type(error).__name__ == "SIGTERMException"
    return RunStatus.KILLED if is_killed else RunStatus.FAILED, reason

"""What the callbacks of boosting libraries share: one round's metrics, and the model at the end.

Must not know: any framework.
"""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from modelbox.errors import ModelBoxError
from modelbox.integrations.keeper import CLOSE_TIMEOUT_S, FILES_ANSWER_TIMEOUT_S
from modelbox.integrations.restoring import History
from modelbox.kinds.artifact import Artifact
from modelbox.kinds.run import Run
from modelbox.logged_object import LoggedObject

_log: Final = logging.getLogger(__name__)


class Rounds:
    """Logs the metrics of boosting rounds on a run; what a resumed run has already is left out."""

    def __init__(self, run: Run) -> None:
        """Read how far the run is."""
        self._run: Final = run
        self._history: Final = History(run)

    def log(self, number: int, values: Iterable[tuple[str, str, Any]]) -> None:
        """Log one round: of each value the name of its data, its metric and itself, as `data/metric`."""
        metrics = {f"{data}/{metric}": value for data, metric, value in values}
        points = self._history.new_points(metrics, number)
        if points:
            self._run.log_metrics(points, step=number)


def keep_model(target: LoggedObject, write: Callable[[Path], object], path: str) -> bool:
    """Have a model uploaded that `write` writes; tell whether it has arrived.

    A server that is away, or takes longer than `FILES_ANSWER_TIMEOUT_S` for a single answer, is not waited for.
    """
    try:
        target.keep_artifact(write, path)
    except (ModelBoxError, OSError) as error:
        # The training is over, and its model is the caller's.
        _log.error("the model %s was not kept: %s", path, error)
        return False
    return target.wait_for_files(CLOSE_TIMEOUT_S, patience_s=FILES_ANSWER_TIMEOUT_S)


def uploaded_model(target: LoggedObject, write: Callable[[Path], object], path: str) -> Artifact | None:
    """Have a model uploaded and return it; None if the server is slow or away: then it is uploaded later."""
    if not keep_model(target, write, path):
        _log.warning(
            "the model %s waits for the server, held on this disk; this client, or a later one, sends it", path
        )
        return None
    try:
        return next((artifact for artifact in target.artifacts() if artifact.path == path), None)
    except ModelBoxError as error:
        _log.warning("the model %s was uploaded, but cannot be asked for: %s", path, error)
        return None

"""What the callbacks of boosting libraries share: one round's metrics, and the model at the end.

Must not know: any library.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from modelbox.artifacts import Artifact
from modelbox.integrations.restoring import History
from modelbox.logged_object import LoggedObject
from modelbox.runs import Run
from modelbox.values import LocalFile


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


def upload_model(target: LoggedObject, booster: Any, path: str) -> Artifact:
    """Upload what the booster's `save_model` writes to a file of this name."""
    with tempfile.TemporaryDirectory() as folder:
        # The extension chooses the format.
        file = Path(folder, Path(path).name)
        booster.save_model(str(file))
        [artifact] = target.upload_artifact(LocalFile(file, label=path))
    return artifact

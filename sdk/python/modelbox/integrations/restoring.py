"""Going on where a training stopped: its last checkpoint, and what of its history is there already.

Must not know: any framework.
"""

import logging
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Any

from modelbox.errors import ChecksumMismatchError
from modelbox.fields import check_step
from modelbox.foreign import asked
from modelbox.integrations.keeper import UPLOADED_AS, UPLOADED_FILES
from modelbox.kinds.checkpoint import Checkpoint, HasCheckpoints
from modelbox.kinds.run import Run

_log = logging.getLogger("modelbox")


class History:
    """The steps that a run's metrics have already, so that a training that repeats some does not log them twice.

    They are read from the summaries, in one call however long the series are.
    """

    def __init__(self, run: Run) -> None:
        """Read the last step of each metric; a run that was just started has none."""
        summaries = run.refreshed().metric_summaries if run.exists else {}
        self._last_steps = {key: summary.step for key, summary in summaries.items()}
        self._told: set[str] = set()

    def new_points(self, metrics: Mapping[str, Any], step: int) -> Mapping[str, Any]:
        """Return the metrics that have no point at this step or a later one; the others are told of once."""
        if not self._last_steps or not isinstance(metrics, Mapping):
            return metrics
        step = asked(partial(check_step, step), 0)  # as an odd one is logged
        new = {key: value for key, value in metrics.items() if step > self._last_steps.get(key, -1)}
        if len(new) < len(metrics):
            self._tell(metrics.keys() - new.keys(), step)
        return new

    def _tell(self, keys: AbstractSet[str], step: int) -> None:
        """Say what is left out: if a point once had a much too high step by mistake, nothing else would show why."""
        for key in sorted(keys - self._told):
            self._told.add(key)
            _log.warning(
                "metric %r has points up to step %d already: what is logged from step %d up to there is left out",
                key, self._last_steps[key], step,
            )  # fmt: skip


def last_checkpoint(parent: HasCheckpoints) -> Checkpoint | None:
    """Return the newest checkpoint from which a training can go on: one with all its files uploaded."""
    return next(_whole_checkpoints(parent), None)


def restore(checkpoint: Checkpoint, destination: Path) -> Path:
    """Download a checkpoint into a folder, verified; a file of an earlier checkpoint there is replaced.

    Returns:
        The file; of a checkpoint that is a folder, the folder.

    Raises:
        ChecksumMismatchError: Other bytes arrived than were saved, or files are missing.
    """
    metadata = checkpoint.metadata()
    expected = metadata[UPLOADED_FILES]
    label = metadata.get(UPLOADED_AS, "")  # earlier versions saved once, so all files are of that
    # Of an upload that was cut off and made again, the newest; they come newest first.
    files = {
        file.path: file
        for file in reversed(checkpoint.artifacts())
        if file.uploaded and (not label or file.path == label or file.path.startswith(f"{label}/"))
    }
    if len(files) < expected:
        raise ChecksumMismatchError(f"the checkpoint has {len(files)} of {expected} files", field="files")
    # The folder has what was restored at an earlier start.
    paths = [file.download(destination, overwrite=True) for file in files.values()]
    # Every file of a folder is labelled with the folder's name before its own.
    return destination / paths[0].relative_to(destination).parts[0]


def restored_checkpoint(parent: HasCheckpoints, destination: Path) -> Path | None:
    """Download the newest whole checkpoint of a run or experiment; None if it has none."""
    checkpoint = last_checkpoint(parent)
    return None if checkpoint is None else restore(checkpoint, destination)


def _whole_checkpoints(parent: HasCheckpoints) -> Iterator[Checkpoint]:
    listed = parent.checkpoints()
    for checkpoint in sorted(listed, key=lambda one: (one.step or 0, one.epoch or 0, one.created_at), reverse=True):
        if UPLOADED_FILES in checkpoint.metadata():
            yield checkpoint

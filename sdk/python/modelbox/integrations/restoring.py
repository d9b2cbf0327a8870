"""Going on where a training stopped: its last checkpoint, and what of its history is there already.

Must not know: any framework.
"""

from pathlib import Path

from modelbox.errors import ChecksumMismatchError
from modelbox.integrations.keeper import UPLOADED_AS, UPLOADED_FILES
from modelbox.kinds.checkpoint import Checkpoint, HasCheckpoints
from modelbox.kinds.run import Run
from modelbox.known_steps import KnownSteps


class History(KnownSteps):
    """The steps that a run's metrics have already, so that a training that repeats some does not log them twice."""

    def __init__(self, run: Run) -> None:
        """Read the last step of each metric, in one call; a run that was just started has none."""
        super().__init__(run.refreshed().metric_summaries if run.exists else {})


def last_checkpoint(parent: HasCheckpoints) -> Checkpoint | None:
    """Return the newest checkpoint from which a training can go on: one with all its files uploaded."""
    return parent.last_checkpoint()


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

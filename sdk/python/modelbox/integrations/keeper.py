"""Checkpoints that a framework saved, recorded and uploaded in the background: neither the training nor its end waits.

Must not know: any framework.
"""

import logging
import os
import shutil
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from modelbox.delivery.held import Held
from modelbox.errors import ModelBoxError, NotFoundError
from modelbox.kinds.checkpoint import UPLOADED_AS, UPLOADED_FILES, HasCheckpoints
from modelbox.kinds.model import Model, NewModel
from modelbox.kinds.model_version import ModelVersion
from modelbox.limits import CLOSE_ANSWER_TIMEOUT_S
from modelbox.values import LocalFile

__all__ = ["CLOSE_TIMEOUT_S", "UPLOADED_AS", "UPLOADED_FILES", "WAITING_MAX", "CheckpointKeeper", "Saved"]

WAITING_MAX: Final = 8
"""Checkpoints whose files wait for the server; of more, the files of the oldest are given up and warned about."""

FREE_BYTES_MIN: Final = 1024**3
"""What held files leave free on their disk, in bytes; the files of the oldest are given up for it, and warned about."""

CLOSE_TIMEOUT_S: Final = 60.0
"""How long the end of a training waits for the last uploads while the server answers, in seconds, unless told else."""

FILES_ANSWER_TIMEOUT_S: Final = 0.5
"""How long the end of a training waits for a single answer, in seconds, unless told otherwise."""

_Key = tuple[int | None, int | None]

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A checkpoint that was saved at a path, a file or a folder, or at a URI that only its writer can read."""

    path: str
    step: int | None = None
    epoch: int | None = None
    metrics: Mapping[str, Any]
    metadata: Mapping[str, Any]

    @property
    def key(self) -> _Key:
        """What makes its checkpoint: its step or epoch."""
        return self.step, self.epoch

    @property
    def label(self) -> str:
        """What the artifact is called: the last part of its path."""
        return Path(self.path).name


@dataclass(slots=True)
class _Waiting:
    """Checkpoints whose files wait, the oldest first, as one process knows them."""

    pid: int = field(default_factory=os.getpid)
    held: deque[tuple[Saved, Held]] = field(default_factory=deque)


class CheckpointKeeper:
    """Records checkpoints on a run or experiment in the order in which they were saved. Nothing of it raises.

    The server may be away, also beyond the end of the process: what was saved is held from being removed by its writer,
    and the client's journal says what is to be sent.
    """

    def __init__(self, parent: HasCheckpoints, *, upload: bool) -> None:
        """Keep nothing yet.

        Args:
            parent: The run or experiment.
            upload: Send the files; otherwise only their places are recorded.
        """
        self._parent: Final = parent
        self._upload: Final = upload
        self._keys: dict[str, _Key] = {}
        self._waiting = _Waiting()

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy begins anew: what waits is sent by the original.
        return partial(CheckpointKeeper, upload=self._upload), (self._parent,)

    def keep(self, saved: Saved) -> None:
        """Record a checkpoint that was saved; returns at once.

        What is saved a second time for one step, as the best and as the last, is sent once. Of an epoch, in which a
        training goes on, each save is sent, and the last one counts. What cannot be read or recorded is warned about.
        """
        is_known = saved.key in self._keys.values()
        self._keys[saved.path] = saved.key
        if is_known and self._upload and saved.step is not None:
            return
        try:
            self._keep(saved, is_known=is_known)
        except (ModelBoxError, OSError) as error:
            # The training goes on without it.
            _log.error("the checkpoint %s was not recorded: %s", saved.path, error)

    def promote(self, path: str, model: Model | NewModel, *, unique_tags: Iterable[str] = ()) -> ModelVersion | None:
        """Make a model version of the checkpoint that was saved at a path; None if it waits for the server.

        It waits behind the checkpoint, and is made by whoever sends that.

        Raises:
            NotFoundError: No checkpoint was saved there.
            ModelBoxError: The server refused.
        """
        key = self._keys.get(path)
        if key is None:
            raise NotFoundError("no checkpoint was saved there")
        step, epoch = key
        return self._parent.keep_promotion(
            epoch,
            step=step,
            model=model,
            unique_tags=unique_tags,
            after_files=self._sends(path),
            waits=self.wait(answer_timeout_s=CLOSE_ANSWER_TIMEOUT_S),
        )

    def wait(self, timeout_s: float = CLOSE_TIMEOUT_S, *, answer_timeout_s: float = FILES_ANSWER_TIMEOUT_S) -> bool:
        """Wait until everything that was saved is recorded; tell whether it is.

        A server that is away, or slow, is not waited for: this process goes on sending, or a later one does.

        Args:
            timeout_s: How long to wait while the server answers, in seconds.
            answer_timeout_s: How long to wait for a single answer, or a piece of a file, in seconds.
        """
        return self._parent.wait_for_files(timeout_s, patience_s=answer_timeout_s)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Wait as `wait` does, and say how many checkpoints still wait then."""
        if self._waiting.pid != os.getpid():
            return True  # a forked child has nothing of its own to send
        is_recorded = self.wait(timeout_s)
        if not is_recorded and (waiting := self._still_waiting()):
            text = "%d checkpoints wait for the server, held on this disk; this client, or a later one, sends them"
            _log.warning(text, len(waiting))
        return is_recorded

    def _keep(self, saved: Saved, *, is_known: bool) -> None:
        if not self._sends(saved.path):
            self._parent.keep_checkpoint(
                saved.epoch,
                dict(saved.metrics),
                step=saved.step,
                artifacts=_place_of(saved.path),
                metadata=dict(saved.metadata),
            )
            return
        waiting = self._still_waiting()
        if is_known:
            self._forget(saved.key)
        self._make_room(Path(saved.path).parent)
        held = self._parent.keep_checkpoint(
            saved.epoch,
            dict(saved.metrics),
            step=saved.step,
            metadata=dict(saved.metadata),
            files=LocalFile(saved.path, label=saved.label),
            replaces=is_known,
        )
        if held is not None:
            waiting.append((saved, held))

    def _sends(self, path: str) -> bool:
        return self._upload and "://" not in path

    def _still_waiting(self) -> deque[tuple[Saved, Held]]:
        """Return those that wait; what was sent has been let go."""
        if self._waiting.pid != os.getpid():
            self._waiting = _Waiting()
        waiting = self._waiting
        waiting.held = deque(one for one in waiting.held if one[1].is_there)
        return waiting.held

    def _make_room(self, folder: Path) -> None:
        """Give up the oldest files, as far as there is no room for further ones."""
        waiting = self._waiting.held
        while waiting and (len(waiting) >= WAITING_MAX or shutil.disk_usage(folder).free < FREE_BYTES_MIN):
            saved, held = waiting.popleft()
            held.give_up()
            why = "too many wait for the server, or the disk is nearly full"
            _log.warning("the files of checkpoint %s were given up: %s", saved.path, why)

    def _forget(self, key: _Key) -> None:
        """Give up what waits of a checkpoint, for a later save takes its place."""
        for older in [one for one in self._waiting.held if one[0].key == key]:
            self._waiting.held.remove(older)
            older[1].give_up()


def _place_of(path: str) -> str:
    return path if "://" in path else os.path.abspath(path)  # noqa: PTH100  # as text: it may be a URI

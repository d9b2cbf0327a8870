"""Checkpoints that a framework saved, recorded and uploaded by a thread of its own: the training never waits for it.

Must not know: any framework.
"""

import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final

from modelbox.backoff import backoff
from modelbox.checkpoints import Checkpoint, HasCheckpoints
from modelbox.errors import ClosedError, FlushTimeoutError, ModelBoxError, RefusedError
from modelbox.integrations.staging import Held, sweep
from modelbox.limits import DEFECT_TRIES_MAX
from modelbox.values import LocalFile

WAITING_MAX: Final = 8
"""Checkpoints that wait for the server; of more, the oldest is given up and warned about."""

CLOSE_TIMEOUT_S: Final = 60.0
"""How long the end of a training waits for the last uploads, in seconds, unless told otherwise."""

UPLOADED_FILES: Final = "uploaded_files"
"""The metadata key of a checkpoint whose files have all arrived: how many there are."""

UPLOADED_AS: Final = "uploaded_as"
"""The metadata key that says what the artifact is called that was saved last; of a folder, its files begin with it."""

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
    def key(self) -> tuple[int | None, int | None]:
        """What makes its checkpoint: its step or epoch."""
        return self.step, self.epoch

    @property
    def label(self) -> str:
        """What the artifact is called: the last part of its path."""
        return Path(self.path).name


class CheckpointKeeper:
    """Records checkpoints on a run or experiment in the order in which they were saved. Never raises for the server.

    The server may be away: what was saved waits, held from being removed by its writer.
    """

    def __init__(self, parent: HasCheckpoints, *, upload: bool) -> None:
        """Start no thread yet: the first checkpoint does.

        Args:
            parent: The run or experiment.
            upload: Send the files; otherwise only their places are recorded.
        """
        self._parent: Final = parent
        self._upload: Final = upload
        self._waiting: deque[tuple[Saved, Held | None]] = deque()
        self._changed: Final = threading.Condition()
        self._keys: dict[str, tuple[int | None, int | None]] = {}
        self._kept: dict[tuple[int | None, int | None], Checkpoint] = {}
        self._is_sending = False
        self._closing = threading.Event()
        self._swept: set[Path] = set()
        self._thread: threading.Thread | None = None
        self._pid: Final = os.getpid()

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy begins anew: what waits is sent by the original.
        return partial(CheckpointKeeper, upload=self._upload), (self._parent,)

    def keep(self, saved: Saved) -> None:
        """Record a checkpoint that was saved; returns at once.

        What is saved a second time for one step, as the best and as the last, is sent once. Of an epoch, in which a
        training goes on, each save is sent, and the last one counts.

        Raises:
            OSError: Its files cannot be read.
        """
        is_known = saved.key in self._keys.values()
        self._keys[saved.path] = saved.key
        if is_known and self._upload and saved.step is not None:
            return
        held = self._hold(saved) if self._upload and "://" not in saved.path else None
        with self._changed:
            if is_known:
                self._forget_waiting(saved.key)
            self._waiting.append((saved, held))
            if len(self._waiting) > WAITING_MAX:
                self._give_up(*self._waiting.popleft())
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="modelbox-checkpoints", daemon=True)
                self._thread.start()
                # A program that forgets the end of its training still sends what it saved.
                atexit.register(self.close)
            self._changed.notify_all()

    def kept(self, path: str) -> Checkpoint | None:
        """Return the checkpoint that was recorded of this path, if it was."""
        with self._changed:
            return self._kept.get(self._keys.get(path, (None, None)))

    def wait(self, timeout_s: float = CLOSE_TIMEOUT_S) -> bool:
        """Wait until everything that was saved is recorded; tell whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._is_sending, timeout_s)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Wait for what is on its way and end; what is not recorded in time is given up and warned about."""
        if os.getpid() != self._pid:
            return  # a forked child has no thread, and nothing of its own to send
        self.wait(timeout_s)
        atexit.unregister(self.close)
        self._closing.set()
        with self._changed:
            while self._waiting:
                self._give_up(*self._waiting.popleft())
            self._changed.notify_all()

    def _hold(self, saved: Saved) -> Held:
        path = Path(saved.path)
        owner = self._parent.id
        if path.parent not in self._swept:
            self._swept.add(path.parent)
            sweep(path.parent, owner)
        return Held(path, owner)

    def _forget_waiting(self, key: tuple[int | None, int | None]) -> None:
        """Drop what waits of a checkpoint, for a later save takes its place."""
        for older in [entry for entry in self._waiting if entry[0].key == key]:
            self._waiting.remove(older)
            if (held := older[1]) is not None:
                held.release()

    def _give_up(self, saved: Saved, held: Held | None) -> None:
        _log.warning("the checkpoint %s was not recorded: the server was away for too long", saved.path)
        if held is not None:
            held.release()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._is_sending = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
                if not self._waiting:
                    return
                saved, held = self._waiting.popleft()
                self._is_sending = True
            is_done = True
            try:
                is_done = self._record(saved, held)
            except ClosedError:
                self._give_up(saved, None)
            except (ModelBoxError, OSError) as error:
                # The training goes on without it.
                _log.error("the checkpoint %s was not recorded: %s", saved.path, error)
            finally:
                if is_done and held is not None:
                    held.release()
            if not is_done:
                with self._changed:
                    self._waiting.append((saved, held))

    def _record(self, saved: Saved, held: Held | None) -> bool:
        """Record one checkpoint, again while the server is away; False if it is to wait behind the others.

        It is given up only when the server refuses it in its own words, or the training ends.
        """
        failures = 0
        for pause_s in backoff():
            started_s = monotonic()
            try:
                checkpoint = self._record_once(saved, held)
            except ModelBoxError as error:
                # What the server refused of the metrics before it is told once, and is no fault of the checkpoint.
                if isinstance(error, ClosedError) or (error.final and not isinstance(error, RefusedError)):
                    raise
                failures += not (error.retryable or isinstance(error, (FlushTimeoutError, RefusedError)))
                if failures == DEFECT_TRIES_MAX:
                    _log.warning("the checkpoint %s waits: %s", saved.path, error)
                    if self._waiting:
                        return False
                if self._closing.wait(max(0.0, pause_s - (monotonic() - started_s))):
                    raise
            else:
                with self._changed:
                    self._kept[saved.key] = checkpoint
                return True
        raise AssertionError("backoff never ends")  # pragma: no cover

    def _record_once(self, saved: Saved, held: Held | None) -> Checkpoint:
        _refuse_changed(held)
        tracked = () if held is not None else (_place_of(saved.path),)
        checkpoint = self._parent.new_checkpoint(
            saved.epoch, dict(saved.metrics), step=saved.step, artifacts=tracked, metadata=dict(saved.metadata)
        )
        if checkpoint.exists and saved.key not in self._kept and UPLOADED_FILES in checkpoint.metadata():
            return checkpoint  # saved before the training went back to an earlier one
        if held is not None:
            files = checkpoint.upload_artifact(LocalFile(held.path, label=saved.label))
            _refuse_changed(held)
            # Told last: a checkpoint without it may be cut off, and nobody should go on from it.
            checkpoint.update_metadata({UPLOADED_AS: saved.label, UPLOADED_FILES: len(files)})
        elif checkpoint.exists:
            checkpoint.track_artifacts(tracked)
        return checkpoint


def _refuse_changed(held: Held | None) -> None:
    if held is not None and not held.is_unchanged():
        raise OSError(f"{held.path.name} was written to again before it was sent; save each checkpoint as a new file")


def _place_of(path: str) -> str:
    return path if "://" in path else os.path.abspath(path)  # noqa: PTH100  # as text: it may be a URI

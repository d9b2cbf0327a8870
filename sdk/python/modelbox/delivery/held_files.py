"""The files that one client holds: beside what was saved, or in the folder of its journals."""

import logging
import os
import tempfile
from pathlib import Path
from typing import Final

from modelbox.delivery.held import Held, has_ring, sweep
from modelbox.delivery.keeping import held_by

_log: Final = logging.getLogger("modelbox")


class HeldFiles:
    """Holds files for a client, and lets go what nobody can send any more."""

    def __init__(self, journals: Path | None) -> None:
        """Hold nothing yet.

        Args:
            journals: The folder of the client's journals, None if it has none.
        """
        self._journals: Final = journals
        self._swept: set[tuple[Path, str]] = set()
        self._held: list[Held] = []

    def hold(self, path: Path, owner: str) -> Held:
        """Hold a file or folder, and remove what ended processes held beside it in vain.

        Raises:
            OSError: It cannot be read, or not be linked and not be copied.
        """
        self._sweep(path.parent, owner)
        return self._noted(Held.hold(path, owner, journals=self._journals))

    def hold_new(self, owner: str) -> Held:
        """Make a folder of held files, to be written.

        Raises:
            OSError: It cannot be made.
        """
        parent = Path(tempfile.gettempdir()) if self._journals is None else self._journals
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep(parent, owner)
        return self._noted(Held.make(parent, owner, journals=self._journals))

    def release_lost(self) -> None:
        """Let go, at the client's end, what found no place in a journal: nobody can send it any more."""
        left = [held for held in self._held if held.folder.exists()]
        if left and self._journals is not None and has_ring(self._journals, os.getpid()):
            return  # of this client, for want of room in a journal, or of another one: whoever comes next looks again
        try:
            named = set() if self._journals is None or not left else set(held_by(self._journals))
        except OSError as error:
            _log.warning("held files stay where they are, for a journal cannot be read: %s", error)
            return
        for held in left:
            if held.folder not in named:
                held.release()

    def forget(self) -> None:
        """Begin afresh in a forked child: what is held is the parent's."""
        self._held = []

    def _sweep(self, parent: Path, owner: str) -> None:
        if (parent, owner) not in self._swept:
            self._swept.add((parent, owner))
            sweep(parent, owner, held_by=held_by)

    def _noted(self, held: Held) -> Held:
        self._held = [*(one for one in self._held if one.folder.exists()), held]
        return held

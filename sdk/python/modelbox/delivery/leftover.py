"""What journals that nobody keeps still have to say: so that what does not depend on it need not wait for it."""

from collections.abc import Iterable
from pathlib import Path

from modelbox.delivery.order import about_of
from modelbox.journal.folder import unanswered
from modelbox.journal.record import Record
from modelbox.limits import LEFTOVER_READ_BYTES_MAX
from modelbox.transport import methods


class Leftover:
    """The objects that some journals create or log on; they are read when that is first asked."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Read nothing yet."""
        self._paths = list(paths)
        self._made: set[str] = set()
        self._touched: set[str] = set()
        self._ended: set[str] = set()
        self._is_known = True
        self._is_read = False

    def may_pass(self, record: Record) -> bool:
        """Return whether a record may be sent before what was left.

        What is logged on one object keeps its order, and what names an object that is still to be made comes after it.
        Where too much was left to look through, only what is made passes: the server says if it lacks anything.
        """
        if not self._is_read:
            self._read()
        about = about_of(record)
        if about is None or about.named & self._made:
            return False
        # A run that is begun again with its id is so after its program was said to have ended.
        if about.made in self._ended:
            return False
        return record.creates or (self._is_known and not about.named & self._touched)

    def _read(self) -> None:
        self._is_read = True
        self._is_known = sum(map(_size, self._paths)) <= LEFTOVER_READ_BYTES_MAX
        if self._is_known:
            for path in self._paths:
                self._read_one(path)

    def _read_one(self, path: Path) -> None:
        try:
            for record in unanswered(path):
                self._note(record)
        except FileNotFoundError:  # sent by then
            return
        except OSError:
            self._is_known = False

    def _note(self, record: Record) -> None:
        about = about_of(record)
        if about is None:
            self._is_known = False
        elif about.made:
            self._made.add(about.made)
        else:
            self._touched |= about.named
            if record.method == methods.SET_RUN_STATUS.name:
                self._ended |= about.named


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

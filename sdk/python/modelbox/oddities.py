"""What a program says of its training and breaks a rule: kept as far as it can be, told once, and counted.

Logging describes a training, and no description is worth the end of one.

Must not know: the server.
"""

import logging
import threading
from typing import Final

from modelbox.errors import InvalidFieldError, ModelBoxError
from modelbox.fields import CONTROL, check_name
from modelbox.foreign import utf8
from modelbox.limits import NAME_CHARS_MAX, NAMES_TOLD_MAX

_log = logging.getLogger("modelbox")


class Oddities:
    """What was odd in the logging of one client; or, where it is strict, what is refused. Safe to use from threads."""

    def __init__(self, *, strict: bool) -> None:
        """Begin with nothing told.

        Args:
            strict: Raise instead of telling: whoever asks for answers wants to know at once.
        """
        self._strict: Final = strict
        self.forget()

    def forget(self) -> None:
        """Begin afresh in a forked child: what its parent left out is the parent's to count."""
        self.left_out = 0
        self._told: set[tuple[str, str]] = set()
        self._names_told = 0
        # One that may be taken twice: a signal's handler may log while this thread has it.
        self._lock = threading.RLock()

    def note(self, kind: str, error: ModelBoxError, kept: str = "", *, left_out: int = 0, of: str = "") -> None:
        """Take note of something that breaks a rule.

        Args:
            kind: What is odd, in a word or two; each is told once. The kinds are few, and written in the code.
            kept: What is kept instead.
            left_out: How many values are not kept.
            of: Of which key or name; each is told once a kind, for what is odd of one says nothing of another.

        Raises:
            ModelBoxError: The error, where strict.
        """
        if self._strict:
            raise error
        with self._lock:
            self.left_out += left_out
        self.tell(kind, f"{error}; {kept or 'it is left out'}", of=of)

    def tell(self, kind: str, message: str, *, of: str = "") -> None:
        """Warn, once a kind and name of which it is, of `NAMES_TOLD_MAX` names at most; never raises."""
        with self._lock:
            if (kind, of) in self._told:
                return
            if of and self._names_told >= NAMES_TOLD_MAX:
                of, message = "", f"so is more than what was told of {NAMES_TOLD_MAX} others: {message}"
                if (kind, of) in self._told:
                    return
            self._told.add((kind, of))
            self._names_told += bool(of)
        _log.warning("%s (%s: told once)", message, kind)

    def name(self, field: str, name: object) -> str:
        """Return a key or name, cleaned where it breaks a rule.

        Raises:
            InvalidFieldError: It breaks a rule; where strict.
        """
        try:
            return check_name(field, name)
        except InvalidFieldError as error:
            cleaned = clean_name(name)
            self.note("odd names", error, f"it is kept as {cleaned!r}", of=cleaned)
            return cleaned


STRICT: Final = Oddities(strict=True)
"""Everything odd is refused."""


def clean_name(name: object) -> str:
    """Return a name that every rule allows: the same for the same name, and of long ones another for another."""
    text = CONTROL.sub(" ", utf8(name)).strip()
    if len(text) > NAME_CHARS_MAX:
        # Loaded when it is used: a name this long is rare.
        from hashlib import sha256  # noqa: PLC0415  # see above

        mark = f"…{sha256(text.encode()).hexdigest()[:8]}"
        text = text[: NAME_CHARS_MAX - len(mark)].rstrip() + mark
    return text or "(empty)"


def clean_line(text: object, *, chars_max: int) -> str:
    """Return a text that others chose as a line that every rule allows, cut where it is too long."""
    return CONTROL.sub(" ", utf8(text))[:chars_max]

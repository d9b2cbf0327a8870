"""How this program ends: well, by an error, or by `sys.exit`.

Nothing of the program is taken over: of an uncaught error Python itself keeps the last one, before any `excepthook`; a
call of `sys.exit` is passed on, and remembered as long as its exception lives.
"""

import sys
import threading
import weakref
from typing import Final, NoReturn

_MARK: Final = "__modelbox_exit__"


class _Mark:
    """Lives as long as the exception that it hangs on."""


class Ending:
    """What is known of the end of this program. It begins to look with `watch`."""

    def __init__(self) -> None:
        """Look at nothing yet."""
        self._exit: SystemExit | None = None
        self._before: BaseException | None = None
        self._is_watching = False

    def watch(self) -> None:
        """Begin to look; doing so again does nothing."""
        if self._is_watching:
            return
        self._is_watching = True
        self._before = _last_error()
        original = sys.exit

        def exit_and_remember(status: object = None, /) -> NoReturn:
            try:
                original(status)  # type: ignore[arg-type]  # whatever the program gives
            except SystemExit as error:
                self._remember(error)
                raise

        sys.exit = exit_and_remember

    def error(self) -> BaseException | None:
        """Return the error that ends the program, or that is on its way in this thread; None if it ends well.

        `SystemExit` is one too, whatever its code says. One that no call of `sys.exit` raised cannot be known of.
        """
        on_its_way = sys.exc_info()[1]
        if on_its_way is not None:
            return on_its_way
        if self._exit is not None:
            return self._exit
        last = _last_error()
        # In a dialogue, an error ends one line of it and not the program.
        is_dialogue = hasattr(sys, "ps1") or bool(sys.flags.interactive)
        return None if last is self._before or is_dialogue else last

    def _remember(self, error: SystemExit) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        mark = _Mark()
        setattr(error, _MARK, mark)
        code = error.code
        weakref.finalize(mark, self._let_go, code).atexit = False

    def _let_go(self, code: object) -> None:
        """Take note that the exception is gone: where no code of the program runs any more, it ended the program."""
        is_last = sys._getframe(1).f_code.co_filename == weakref.__file__  # noqa: SLF001  # no other way
        below = sys._getframe(1).f_back if is_last else sys._getframe(1)  # noqa: SLF001  # no other way
        if below is None:
            self._exit = SystemExit(code)


def _last_error() -> BaseException | None:
    error: object = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return error if isinstance(error, BaseException) else None


ENDING: Final = Ending()
"""The end of this program."""

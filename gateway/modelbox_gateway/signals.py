"""What signals mean to the service.

SIGTERM, SIGINT, SIGQUIT   finish what was accepted and stop; a second one cuts the stop short
SIGHUP                     open the log's file anew and read the configuration again; stop where the terminal was closed
SIGUSR1                    as SIGHUP, and never a stop
"""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Final

import structlog

STOP: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_TERMINAL: Final = "/dev/tty"

_log = structlog.get_logger()


def handle_signals(stopping: asyncio.Event, *, cut_short: Callable[[], object], reload: Callable[[], None]) -> None:
    """Have signals of this process act, from now on, in the running event loop.

    Args:
        stopping: Set when the service is to stop.
        cut_short: Called when it is to stop although it has not finished.
        reload: Opens the log's file anew and reads the configuration again.
    """
    loop = asyncio.get_running_loop()
    # Under nohup, and without a terminal at all, no terminal's end is a reason to stop.
    is_bound = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and _has_terminal()

    def on_stop(name: str) -> None:
        _log.info("stop_requested", signal=name)
        if stopping.is_set():
            cut_short()
        stopping.set()

    def on_hangup() -> None:
        if not is_bound or _has_terminal():
            reload()
        elif not stopping.is_set():  # the kernel and the shell both tell of a closed terminal: that is one request
            on_stop("SIGHUP")

    for number in STOP:
        loop.add_signal_handler(number, on_stop, number.name)
    loop.add_signal_handler(signal.SIGHUP, on_hangup)
    loop.add_signal_handler(signal.SIGUSR1, reload)


def _has_terminal() -> bool:
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True

"""What a streaming call needs of the system: a thread, which it may have none to give.

gRPC starts one for each stream. Where that fails, as with Python 3.12 from the moment that the interpreter ends, gRPC
leaves a call half begun, and the process may wait for it without end. So it is looked at before.
"""

import threading

from modelbox.errors import NoThreadError


def check_threads(what: str) -> None:
    """See that a thread can be started.

    Raises:
        NoThreadError: None can be.
    """
    try:
        threading.Thread(target=_nothing, name="modelbox-probe", daemon=True).start()
    except RuntimeError as error:
        problem = f"{what}: it needs a thread, and none can be started ({error})"
        raise NoThreadError(
            f"{problem}; with Python 3.12 no more files are transferred once the program ends"
        ) from error


def _nothing() -> None:
    pass

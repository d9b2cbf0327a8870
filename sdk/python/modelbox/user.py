"""Who uses this client: the name of the account, as far as the system knows one."""

import getpass
import os
from functools import lru_cache
from typing import Final

USER_VARIABLE: Final = "MODELBOX_USER"
"""The environment variable that says who uses the client instead; empty for nobody."""

_HEADER: Final = "modelbox-claimed-user-bin"


def login_name() -> str:
    """Return the name of the account, empty where there is none."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # an account without a name, as in some containers
        return ""


@lru_cache(maxsize=1)
def claimed_user() -> tuple[tuple[str, bytes], ...]:
    """Return the header of a write that says who makes it; without a name there is none."""
    name = os.environ.get(USER_VARIABLE, login_name())
    return ((_HEADER, name.encode(errors="replace")),) if name else ()

"""Asking objects of other libraries about themselves: their code may raise anything, and a training goes on.

Must not know: any framework.
"""

import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

_log: Final = logging.getLogger(__name__)
T = TypeVar("T")

ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")
"""The address in the text of an object that has no text of its own: it differs from run to run."""


def asked(question: Callable[[], T], otherwise: T) -> T:
    """Return what an object of another library says of itself; `otherwise` where it fails to."""
    try:
        return question()
    except Exception as error:  # noqa: BLE001  # see above
        _log.debug("an object does not describe itself", exc_info=error)
        return otherwise


def items_of(values: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    """Return what a mapping holds; nothing where it fails to say so."""
    nothing: list[tuple[Any, Any]] = []
    return asked(lambda: list(values.items()), nothing)


def attribute_of(value: object, name: str) -> Any:
    """Return an attribute, None where there is none or asking for it fails."""
    return asked(partial(getattr, value, name, None), None)


def text_of(value: object) -> str:
    """Return the text of something; its class where it has none."""
    return asked(lambda: str(value), f"<{type(value).__name__}>")


def utf8(value: object) -> str:
    """Return the text of something as UTF-8 can hold it: half of a surrogate pair it cannot."""
    return text_of(value).encode(errors="replace").decode()

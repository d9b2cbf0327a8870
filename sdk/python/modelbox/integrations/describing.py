"""What callbacks say of a training, said so that nothing odd in it ends the training.

Must not know: any framework.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from modelbox.capture.events import plain_values
from modelbox.errors import InvalidFieldError, ModelBoxError
from modelbox.fields import check_number
from modelbox.logged import Logged
from modelbox.oddities import Oddities

_log: Final = logging.getLogger(__name__)


def log_found(target: Logged, key: str, found: Mapping[str, Any]) -> None:
    """Write what was found out as metadata; what JSON does not know or is too long is kept as short text."""
    try:
        target.update_metadata(key, found)
    except InvalidFieldError as error:
        oddities = _oddities_of(target)
        oddities.note("odd metadata", error, "it is kept as text", of=key)
        target.update_metadata(key, plain_values(oddities, found))


def numbers_of(target: Logged, metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers among metrics, under names that every rule allows; the others are told and counted."""
    oddities = _oddities_of(target)
    numbers: dict[str, float] = {}
    for key, value in metrics.items():
        name = oddities.name("metrics key", key)
        try:
            numbers[name] = check_number(name, value)
        except InvalidFieldError as error:
            oddities.note("odd metric values", error, left_out=1, of=f"{name}: {type(value).__name__}")
    return numbers


def unless_refused(what: str, action: Callable[[], object]) -> None:
    """Do something that a training can do without; that it failed is told.

    Args:
        what: What is not there then, for the warning.
    """
    try:
        action()
    except (ModelBoxError, OSError) as error:
        _log.warning("%s: %s; the training goes on", what, error)


def _oddities_of(target: Logged) -> Oddities:
    return target._session.oddities  # noqa: SLF001  # an object's client is the client of what is done with it

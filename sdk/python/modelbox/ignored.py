"""What a creation was given that found its object: the object stays as it is, and what differs is told.

Must not know: any kind of object.
"""

import logging
from enum import IntEnum
from typing import Any, Final

from google.protobuf.message import Message

TEXTS: Final = ("owner", "description", "task", "comment", "external_id", "framework", "parent_id")
"""The fields that are compared, where both have them. Labels are too; metadata would have to be read for it."""

_SHOWN_CHARS_MAX: Final = 60

_log = logging.getLogger("modelbox")


def tell_ignored(found: Any, given: Message) -> None:
    """Warn about what a request to create an object gave and the object that was found has otherwise."""
    differing = {}
    for name in TEXTS:
        if wanted := getattr(given, name, None):
            is_ = getattr(found, name, wanted)
            differing[name] = is_, (type(is_)(wanted) if isinstance(is_, IntEnum) else wanted)
    for label, wanted in getattr(given, "labels", {}).items():
        differing[f"labels.{label}"] = found.labels.get(label), wanted
    told = [
        f"{name} is {_shown(is_)}, not {_shown(wanted)}" for name, (is_, wanted) in differing.items() if is_ != wanted
    ]
    if told:
        kind = type(found).__name__
        _log.warning(
            "%s %s is there already and stays as it is: %s; `update` changes it", kind, found.id, ", ".join(told)
        )


def _shown(value: Any) -> str:
    text = repr(value.name if isinstance(value, IntEnum) else value)
    return text if len(text) <= _SHOWN_CHARS_MAX else f"{text[:_SHOWN_CHARS_MAX]}…"

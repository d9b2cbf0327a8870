"""What a creation was given that found its object: the object stays as it is, and what differs is told.

Must not know: any kind of object.
"""

import logging
from enum import IntEnum
from typing import Any, Final

from google.protobuf.message import Message

from modelbox.wire import hyperparameters_of

TEXTS: Final = ("owner", "description", "task", "comment", "external_id", "framework", "parent_id")
"""The fields that are compared, where both have them. So are labels and hyperparameters; metadata would have to be read
for it."""

_TOLD_MAX: Final = 10
"""Differences that are told one by one."""

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
    params = getattr(found, "params", {})
    for name, wanted in hyperparameters_of(getattr(given, "hyperparameters", ())).items():
        differing[f"hyperparameters.{name}"] = params.get(name), wanted
    told = [
        f"{name} is {_shown(is_)}, not {_shown(wanted)}" for name, (is_, wanted) in differing.items() if is_ != wanted
    ]
    if told:
        kind = type(found).__name__
        if len(told) > _TOLD_MAX:
            told[_TOLD_MAX:] = [f"and {len(told) - _TOLD_MAX} more"]
        changes = "`update` changes it, `log_hyperparameters` what it says" if params else "`update` changes it"
        _log.warning("%s %s is there already and stays as it is: %s; %s", kind, found.id, ", ".join(told), changes)


def _shown(value: Any) -> str:
    text = repr(value.name if isinstance(value, IntEnum) else value)
    return text if len(text) <= _SHOWN_CHARS_MAX else f"{text[:_SHOWN_CHARS_MAX]}…"

"""How people read durations, lists of texts and the order of metrics: the same on the command line and in a notebook.

Must not know: any kind of object.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

SYSTEM: Final = "system/"
"""What the keys of metrics begin with that tell of the machine."""

_MINUTE_S: Final = 60


def duration_text(took: timedelta) -> str:
    """Return a duration: below a minute as `0.28 s`, else as `1:02:03`."""
    seconds = took.total_seconds()
    if abs(seconds) < _MINUTE_S:
        return f"{seconds:.2g} s"
    return str(took).partition(".")[0]


def joined(texts: Iterable[object]) -> str:
    """Return texts behind each other; one with a comma, a blank or a quotation mark in it stands in quotes."""
    return ", ".join(_quoted(str(text)) for text in texts)


def metric_order(keys: Iterable[str]) -> list[str]:
    """Return the keys of metrics by name, those that tell of the machine last."""
    return sorted(set(keys), key=lambda key: (is_system(key), key))


def most_common(keys: Sequence[Iterable[str]]) -> list[str]:
    """Return the keys that objects have, those that most have first, then in the order of `metric_order`."""
    counted = Counter(key for of_one in keys for key in of_one)
    return sorted(metric_order(counted), key=lambda key: -counted[key])


def is_system(key: str) -> bool:
    """Tell whether a metric tells of the machine."""
    return key.startswith(SYSTEM)


def _quoted(text: str) -> str:
    is_plain = text and not any(char in ',"' or char.isspace() for char in text)
    return text if is_plain else '"{}"'.format(text.replace('"', '""'))

"""Which names are most like one that there is not."""

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from operator import itemgetter
from typing import Final

from modelbox_gateway.rpc.frame.limits import NAMES_COMPARED_MAX, NAMES_TOLD_MAX

_SIMILAR: Final = 0.6
"""From this ratio on two names look like one with a slip of the pen, as Python's own `difflib` takes it."""


def nearest(wanted: str, there_are: Iterable[str], *, part: Callable[[str], str] = str) -> list[str]:
    """Return the names that are similar, the most similar first; if none is, a few of those that there are.

    Args:
        wanted: The name that there is not.
        there_are: The names that there are; of very many, those of about its length are compared.
        part: What of each name is compared.
    """
    sought = part(wanted).lower()
    names = sorted({name for name in there_are if name != wanted}, key=lambda name: abs(len(part(name)) - len(sought)))
    compared = names[:NAMES_COMPARED_MAX]
    matcher = SequenceMatcher(b=sought, autojunk=False)
    rated: list[tuple[float, str]] = []
    for name in compared:
        matcher.set_seq1(part(name).lower())
        rated.append((matcher.ratio() if matcher.quick_ratio() >= _SIMILAR else 0.0, name))
    rated.sort(key=lambda one: (-one[0], one[1]))
    similar = [name for ratio, name in rated if ratio >= _SIMILAR]
    return (similar or list(map(itemgetter(1), rated)))[:NAMES_TOLD_MAX]

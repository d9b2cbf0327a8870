"""What a field may have been meant to be that there is not: by other words for it, or by a slip of the pen."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

_KEYED: Final = MappingProxyType(
    {
        "params": ("param", "parameters", "hyperparameters", "hyperparams", "hparams", "config"),
        "metrics": ("metric", "summary"),
        "labels": ("label", "tag"),
        "metadata": ("meta",),
    }
)
"""Fields that have keys, each with other words for it."""

_TOLD_MAX: Final = 3


def likely(texts: Sequence[str], fields: Collection[str], words: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what was likely meant, as a filter has it, the likeliest first.

    Args:
        texts: The parts of what was written.
        fields: Those that there are.
        words: Other words for those that have no keys.
    """
    first, rest = texts[0].lower(), ".".join(texts[1:])
    whole = ".".join(texts).lower()
    plain = [name for name, others in words.items() if whole in others and name in fields]
    if plain:
        return plain
    if rest:
        keyed = [name for name, others in _KEYED.items() if first in others and name in fields]
        keyed = keyed or get_close_matches(first, [name for name in _KEYED if name in fields], n=1)
        return [f"{name}.{rest}" for name in keyed] or get_close_matches(whole, fields, n=1)
    near = get_close_matches(whole, fields, n=1)
    return near or [f"{name}.{texts[0]}" for name in _KEYED if name in fields][:_TOLD_MAX]

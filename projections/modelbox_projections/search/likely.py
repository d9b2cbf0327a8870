"""What a field may have been meant to be that there is not: by other words for it, or by a slip of the pen."""

from collections.abc import Collection, Sequence
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

_PLAIN: Final = MappingProxyType(
    {
        "started_at": ("start_time", "started", "start"),
        "ended_at": ("end_time", "ended", "end", "finished_at"),
        "created_at": ("creation_time", "created"),
        "updated_at": ("last_update_time", "updated"),
        "status": ("state",),
        "duration": ("runtime", "elapsed"),
        "source.user": ("user", "user_id"),
        "source.commit": ("commit",),
        "source.branch": ("branch",),
        "description": ("note", "notes"),
        "comment": ("note", "notes"),
        "run_id": ("run",),
        "experiment_id": ("experiment",),
        "parent_id": ("parent",),
        "model_id": ("model",),
    }
)
"""Fields without keys, each with other words for it."""

_TOLD_MAX: Final = 3


def likely(texts: Sequence[str], fields: Collection[str]) -> list[str]:
    """Return what was likely meant, as a filter has it, the likeliest first; `texts` are the parts of it."""
    first, rest = texts[0].lower(), ".".join(texts[1:])
    whole = ".".join(texts).lower()
    plain = [name for name, words in _PLAIN.items() if whole in words and name in fields]
    if plain:
        return plain
    if rest:
        keyed = [name for name, words in _KEYED.items() if first in words and name in fields]
        keyed = keyed or get_close_matches(first, [name for name in _KEYED if name in fields], n=1)
        return [f"{name}.{rest}" for name in keyed] or get_close_matches(whole, fields, n=1)
    near = get_close_matches(whole, fields, n=1)
    return near or [f"{name}.{texts[0]}" for name in _KEYED if name in fields][:_TOLD_MAX]

"""An object as a line of text: what it is, which, and in short how it is.

Nothing is asked of the server.

Must not know: any kind of object.
"""

from typing import Any, Final

from modelbox.shown import short

NAME_CHARS_MAX: Final = 80
"""Of a name or path, in characters."""


def line_of(shown: Any) -> str:
    """Return an object of any kind, or an artifact, as `Run 41f86cd8 'fold 1' finished in cv, 3 metrics`."""
    said = [type(shown).__name__, short(shown.id), *_which(shown)]
    status, namespace = getattr(shown, "status", None), getattr(shown, "namespace", "")
    if status is not None:
        said.append(status.name.lower())
    if namespace:
        said.append(f"in {namespace}")
    return ", ".join([" ".join(filter(None, said)), *_more(shown)])


def _which(shown: Any) -> list[str]:
    name = getattr(shown, "name", "") or getattr(shown, "path", "")
    said = [repr(name if len(name) <= NAME_CHARS_MAX else f"{name[: NAME_CHARS_MAX - 1]}…")] if name else []
    numbers = ((word, getattr(shown, word, None)) for word in ("version", "epoch", "step"))
    return said + [f"{word} {number}" for word, number in numbers if number is not None]


def _more(shown: Any) -> list[str]:
    said = [f"tagged {tag}" for tag in getattr(shown, "unique_tags", ())]
    if hasattr(shown, "known_summaries"):
        known = shown.known_summaries
        said.append("metrics" if known is None else f"{len(known)} metric{'s' * (len(known) != 1)}")
    if hasattr(shown, "uploaded"):
        said.append(f"{shown.size:,} bytes" if shown.uploaded else "kept elsewhere")
    if getattr(shown, "deleted_at", None) is not None:
        said.append("deleted")
    return said

"""A map that keeps what was used last."""

from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class LruMap(Generic[Key, Value]):
    """At most `maximum` entries; one more forgets the entry that was used longest ago."""

    def __init__(self, maximum: int) -> None:
        """Start empty."""
        self._entries: OrderedDict[Key, Value] = OrderedDict()
        self._maximum = maximum

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._entries)

    def get(self, key: Key) -> Value | None:
        """Return the entry, which counts as a use, or None."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Set the entry, which counts as a use."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._maximum:
            self._entries.popitem(last=False)

    def drop(self, key: Key) -> None:
        """Forget the entry, if there is one."""
        self._entries.pop(key, None)

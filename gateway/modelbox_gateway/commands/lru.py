"""A map that keeps what was used last of what the log said."""

from collections import OrderedDict
from typing import Generic, TypeVar

from modelbox_events import Head

Key = TypeVar("Key")
Value = TypeVar("Value")


class LruMap(Generic[Key, Value]):
    """At most `maximum` entries; one more forgets the entry that was used longest ago.

    A log that was set back never said what is remembered of it: then every entry is forgotten.
    """

    def __init__(self, maximum: int, head: Head) -> None:
        """Start empty; `head` is that of the log, and says when it was set back."""
        self._entries: OrderedDict[Key, Value] = OrderedDict()
        self._maximum = maximum
        self._head = head
        self._rewinds = head.rewinds

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self._valid())

    def get(self, key: Key) -> Value | None:
        """Return the entry, which counts as a use, or None."""
        value = self._valid().get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Set the entry, which counts as a use."""
        self._valid()[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._maximum:
            self._entries.popitem(last=False)

    def drop(self, key: Key) -> None:
        """Forget the entry, if there is one."""
        self._valid().pop(key, None)

    def _valid(self) -> OrderedDict[Key, Value]:
        if self._rewinds != self._head.rewinds:
            self._rewinds = self._head.rewinds
            self._entries.clear()
        return self._entries

"""The steps of metric points that were logged without one: each key of an object counts up from its last known step.

What is known is what this process logged, and what the server had when the object was read or, of an object that was
not read, when the server answered: nobody waits for it. Several processes may therefore number alike; nothing is
numbered anew afterwards.

Must not know: the server.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from modelbox.errors import InvalidFieldError, ModelBoxError
from modelbox.fields import check_step
from modelbox.limits import COUNTED_KEYS_MAX, COUNTED_OBJECTS_MAX, STEP_LOOKUPS_MAX, STEP_MAX
from modelbox.values import MetricSummary

_log = logging.getLogger("modelbox")


class _Known:
    """The last known step of each key of one object, and which summaries are among that already."""

    __slots__ = ("asked", "highest", "last", "summaries")

    def __init__(self) -> None:
        self.last: dict[str, int] = {}
        self.highest = -1
        self.summaries: object = None
        self.asked = False

    def raise_to(self, key: str, step: int) -> None:
        """Take in that a point of this key has this step."""
        last = self.last
        if last.get(key, -1) < step and (key in last or len(last) < COUNTED_KEYS_MAX):
            last[key] = step
            self.highest = max(self.highest, step)

    def raise_all(self, keys: Mapping[str, Any], step: int) -> None:
        """Take in that a point of each of these keys has this step."""
        if step >= self.highest and len(self.last) + len(keys) <= COUNTED_KEYS_MAX:
            # As nearly always: no key is further.
            self.highest = step
            self.last.update(dict.fromkeys(keys, step))
            return
        for key in keys:
            self.raise_to(key, step)


class Steps:
    """Counts the steps of all objects of a client. Safe to use from several threads."""

    def __init__(self, look_up: Callable[[str], Mapping[str, int]]) -> None:
        """Know nothing yet.

        Args:
            look_up: Asks the server for the last step of each key of an object; called in a thread of its own.
        """
        self._look_up: Final = look_up
        self._objects: dict[str, _Known] = {}
        self._asking = 0
        self.forget()

    def forget(self) -> None:
        """Go on in a forked child from what its parent knew."""
        # One that may be taken twice: a signal's handler may log while this thread has it.
        self._lock = threading.RLock()
        self._asking = 0

    def note(self, object_id: str, metrics: Any, step: Any) -> None:
        """Take in that points were logged with a step."""
        if type(step) is not int:
            try:
                step = check_step(step)
            except InvalidFieldError:
                return
        if type(metrics) is not dict and not isinstance(metrics, Mapping):
            return
        known = self._objects.get(object_id) or self._begin(object_id)
        known.raise_all(metrics, step)

    def numbered(
        self, object_id: str, metrics: Mapping[str, Any], summaries: Mapping[str, MetricSummary] | None
    ) -> list[tuple[int, Mapping[str, Any]]]:
        """Return the points by their next steps: mostly all have the same.

        Args:
            object_id: What they are logged on.
            metrics: A value for each key.
            summaries: The object's metrics as it was read; None where it was not, then the server is asked beside.
        """
        with self._lock:
            known = self._objects.get(object_id) or self._begin(object_id)
            if summaries is None:
                self._ask(object_id, known)
            elif known.summaries is not summaries:
                known.summaries = summaries
                for key, summary in summaries.items():
                    known.raise_to(key, summary.step)
            found = set(map(known.last.get, metrics))
            if len(found) == 1:
                [last] = found
                step = 0 if last is None else min(last + 1, STEP_MAX)
                known.raise_all(metrics, step)
                return [(step, metrics)]
            parts: dict[int, dict[str, Any]] = {}
            for key, value in metrics.items():
                step = min(known.last.get(key, -1) + 1, STEP_MAX)
                known.raise_to(key, step)
                parts.setdefault(step, {})[key] = value
        return list(parts.items())

    def _begin(self, object_id: str) -> _Known:
        with self._lock:
            while len(self._objects) >= COUNTED_OBJECTS_MAX:
                self._objects.pop(next(iter(self._objects)))
            return self._objects.setdefault(object_id, _Known())

    def _ask(self, object_id: str, known: _Known) -> None:
        if known.asked or self._asking >= STEP_LOOKUPS_MAX:
            return
        thread = threading.Thread(target=self._learn, args=(object_id, known), name="modelbox-steps", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            _log.debug("no thread can be started to ask for last steps (%s)", error)
            return
        known.asked = True
        self._asking += 1

    def _learn(self, object_id: str, known: _Known) -> None:
        found: Mapping[str, int] = {}
        try:
            found = self._look_up(object_id)
        except ModelBoxError as error:
            _log.debug("the last steps of %s are not known: %s", object_id, error)
        with self._lock:
            self._asking -= 1
            for key, step in found.items():
                known.raise_to(key, step)

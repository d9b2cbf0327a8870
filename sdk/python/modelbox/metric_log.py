"""How metric points are logged: as they are or, where something of them is odd, as they can be, each at its step.

Must not know: the server.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from modelbox.errors import InvalidFieldError
from modelbox.known_steps import KnownSteps
from modelbox.limits import COUNTED_OBJECTS_MAX
from modelbox.odd_metrics import sound_points, tell_of_text
from modelbox.oddities import Oddities
from modelbox.steps import Steps
from modelbox.values import MetricSummary

Log = Callable[[str, Mapping[str, Any], Any, Any], bool]
"""Keeps a point a key of an object, with their step and wallclock; tells whether values among them are text."""


class MetricLog:
    """Logs the metrics of all objects of one client. Safe to use from several threads."""

    def __init__(self, log: Log, look_up: Callable[[str], Mapping[str, int]], oddities: Oddities) -> None:
        """Log nothing yet.

        Args:
            log: Keeps the points.
            look_up: Asks the server for the last step of each key of an object.
        """
        self._log: Final = log
        self._steps: Final = Steps(look_up)
        self._oddities: Final = oddities
        self._logged: dict[str, KnownSteps] = {}

    def skip_logged(self, object_id: str, summaries: Mapping[str, MetricSummary]) -> None:
        """Leave out from now on what an object has already, by its metrics as it was read; nothing if it has none."""
        self._logged.pop(object_id, None)
        while len(self._logged) >= COUNTED_OBJECTS_MAX:
            self._logged.pop(next(iter(self._logged)))
        if summaries:
            self._logged[object_id] = KnownSteps(summaries)

    def forget(self) -> None:
        """Go on in a forked child from what its parent knew."""
        self._steps.forget()

    def log(self, object_id: str, metrics: Mapping[str, Any], step: Any, wallclock: Any) -> None:
        """Log one point a key; what breaks a rule is kept as far as it can be.

        Raises:
            InvalidFieldError: Without `background`: a key, a value, the step or the wallclock breaks a rule.
            ClosedError: The client was closed.
        """
        logged = self._logged.get(object_id) if self._logged else None
        if logged is not None and not (metrics := logged.new_points(metrics, step)):
            return
        try:
            has_text = self._log(object_id, metrics, step, wallclock)
        except InvalidFieldError:
            metrics, step, wallclock = sound_points(self._oddities, metrics, step, wallclock)
            if logged is not None:  # by the keys that they have now
                metrics = logged.new_points(metrics, step)
            has_text = self._log(object_id, metrics, step, wallclock)
        if has_text:
            tell_of_text(self._oddities, metrics)
        self._steps.note(object_id, metrics, step)

    def log_next(
        self,
        object_id: str,
        metrics: Any,
        wallclock: Any,
        *,
        summaries: Mapping[str, MetricSummary] | None,
    ) -> None:
        """Log one point a key, each at the step after the key's last known one; see `Steps.numbered`."""
        if not isinstance(metrics, Mapping):
            self.log(object_id, metrics, 0, wallclock)
            return
        for step, points in self._steps.numbered(object_id, metrics, summaries):
            try:
                has_text = self._log(object_id, points, step, wallclock)
            except InvalidFieldError:
                sound, sound_step, at = sound_points(self._oddities, points, step, wallclock)
                self.log(object_id, {key: sound[key] for key in sound if key in points}, sound_step, at)
                # Those of another key, of a dict or cleaned, are numbered by the key that they have now.
                renamed = {key: sound[key] for key in sound if key not in points}
                for own_step, some in self._steps.numbered(object_id, renamed, summaries):
                    self.log(object_id, some, own_step, at)
            else:
                if has_text:
                    tell_of_text(self._oddities, points)

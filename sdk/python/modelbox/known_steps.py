"""The steps that a run's metrics have already, so that a training that repeats some does not log them twice."""

import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from modelbox.fields import check_step
from modelbox.foreign import asked
from modelbox.values import MetricSummary

_log = logging.getLogger("modelbox")


class KnownSteps:
    """The last step of each metric, from the summaries: however long the series are, they are not read."""

    def __init__(self, summaries: Mapping[str, MetricSummary]) -> None:
        """Take the metrics in short, as a run was read."""
        self._last_steps = {key: summary.step for key, summary in summaries.items()}
        self._told: set[str] = set()

    def new_points(self, metrics: Any, step: Any) -> Any:
        """Return the metrics that have no point at this step or a later one; the others are told of once."""
        if not self._last_steps or not isinstance(metrics, Mapping):
            return metrics
        step = asked(partial(check_step, step), 0)  # as an odd one is logged
        new = {key: value for key, value in metrics.items() if step > self._last_steps.get(key, -1)}
        if len(new) < len(metrics):
            self._tell(metrics.keys() - new.keys(), step)
        return new

    def _tell(self, keys: AbstractSet[str], step: int) -> None:
        """Say what is left out: if a point once had a much too high step by mistake, nothing else would show why."""
        for key in sorted(keys - self._told):
            self._told.add(key)
            _log.warning(
                "metric %r has points up to step %d already: what is logged from step %d up to there is left out",
                key, self._last_steps[key], step,
            )  # fmt: skip

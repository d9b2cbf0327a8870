"""Objects with metrics and hyperparameters, which are decoded when they are looked at.

Must not know: any kind of object.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from modelbox.objects import StoredObject
from modelbox.proto import modelstore_pb2 as pb
from modelbox.values import MetricSummary
from modelbox.wire import hyperparameters_of, summaries_of


class _Message(Protocol):
    """What the messages of such objects have."""

    @property
    def metrics(self) -> Iterable[pb.MetricSummary]: ...
    @property
    def hyperparameters(self) -> Iterable[pb.Hyperparameter]: ...
    @property
    def more_keys(self) -> bool: ...


class Keys:
    """The metrics in short and the hyperparameters of one object. `more`: it has more of them than were read."""

    __slots__ = ("_message", "_params", "_summaries", "more")

    def __init__(
        self,
        message: _Message | None = None,
        *,
        summaries: Mapping[str, MetricSummary] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        """Take the object's message, or what stands in it."""
        self.more = message is not None and message.more_keys
        self._message = message
        self._summaries = summaries
        self._params = params

    @property
    def summaries(self) -> Mapping[str, MetricSummary]:
        """The metrics in short, by key."""
        if self._summaries is None:
            self._summaries = {} if self._message is None else summaries_of(self._message.metrics)
        return self._summaries

    @property
    def params(self) -> Mapping[str, Any]:
        """The hyperparameters by name."""
        if self._params is None:
            self._params = {} if self._message is None else hyperparameters_of(self._message.hyperparameters)
        return self._params

    def become(self, other: Self) -> None:
        """Hold from now on what another holds."""
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeyedObject(StoredObject):
    """An object with metrics and hyperparameters."""

    _keys: Keys = field(repr=False, compare=False)

    @property
    def metric_summaries(self) -> Mapping[str, MetricSummary]:
        """Its metrics in short, by key, as they were when it was read: of a run just started none.

        `refreshed().metric_summaries` has what was logged since then, `metrics` every point.

        A list brings 100 of each object unless all are asked for (`all_keys`); where there are more, they are read
        when this is looked at, with one call for the object.

        Raises:
            ModelBoxError: They had to be read, and the server refused or did not answer in time.
        """
        return self._whole().summaries

    @property
    def params(self) -> Mapping[str, Any]:
        """Its hyperparameters by name, nested names joined with a dot, as they were when it was read or started.

        `hyperparameters()` reads those that there are now; see `metric_summaries`.
        """
        return self._whole().params

    @property
    def known_summaries(self) -> Mapping[str, MetricSummary] | None:
        """Its metrics in short, if all were read; nothing is asked of the server."""
        return None if self._keys.more else self._keys.summaries

    def _whole(self) -> Keys:
        if self._keys.more:
            self._keys.become(self.refreshed()._keys)  # noqa: SLF001  # of an object like this one
        return self._keys

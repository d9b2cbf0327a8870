"""What can be logged on anything that has an id: metrics, metadata, hyperparameters and events.

Must not know: any kind of object.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from modelbox.errors import InvalidFieldError
from modelbox.fields import check_id, check_name, check_step, check_text, check_time
from modelbox.limits import (
    HYPERPARAMETER_BYTES_MAX,
    HYPERPARAMETERS_BYTES_MAX,
    HYPERPARAMETERS_MAX,
    POINTS_PER_PAGE,
)
from modelbox.logged_events import Event, EventSource, event_of, wire_event
from modelbox.metadata import decode_metadata, encode_metadata
from modelbox.missing_series import tell_missing_series
from modelbox.other_words import ATTRIBUTES, WordsOnly, knows, takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import ask, deliver
from modelbox.session import Session
from modelbox.transport import methods
from modelbox.values import MetadataChange, MetricPoint, MetricSummary, MetricValue
from modelbox.wire import (
    all_pages,
    each_of_pages,
    hyperparameters_of,
    metadata_change_of,
    points_of,
    timestamp_of,
)


@knows(ATTRIBUTES)
class Logged(metaclass=WordsOnly):
    """Something with an id that metrics, metadata, hyperparameters and events can be logged on."""

    __slots__ = ()

    id: str
    _session: Session

    def log_metrics(
        self, metrics: Mapping[str, Any], step: Any = None, wallclock: float | datetime | None = None
    ) -> None:
        """Log one point a key. Returns at once: the points are sent in the background, `flush` waits for them.

        A server that is away is no error here: points wait in the journal on disk, also beyond the end of the program,
        and are sent later, each once. What neither the journal nor the memory has room for is dropped, which is warned
        about once and counted (`ModelBox.delivery`).

        Args:
            metrics: A number, string or bytes for each key; also a scalar of numpy or torch. NaN and infinity are kept.
                Text stays text, which is warned about where it reads as a number. Of a dict among them, what it holds
                is logged by both keys, `val/loss`: at most `limits.NESTED_METRICS_MAX` values.
            step: Place in the training, a whole number from 0. Points of one step are ordered by wallclock. Without
                it each key counts up from its last known step: from what this process logged, and what the server had
                when the object was read. An object that was not read (`ModelBox.object`) counts from 0 until the
                server has answered, and goes on from there; several processes may number alike.
            wallclock: Seconds since the epoch or an aware datetime; now, unless given.

        What breaks a rule does not end a training: a key is cleaned, a step takes the nearest one, a value
        that is no number, text or bytes is left out. It is warned about, once a key and kind, and what was left out is
        counted (`ModelBox.delivery`).

        Raises:
            InvalidFieldError: Of a client without `background`: something breaks a rule; nothing of it is logged.
            ClosedError: The client was closed.
        """
        if getattr(self, "deleted_at", None) is not None:  # asked here too: each call in a training's step counts
            self._session.after_end.tell_deleted(self, "metrics are logged on")
        if step is None:
            self._session.metrics.log_next(self.id, metrics, wallclock, summaries=_known_metrics(self))
        else:
            self._session.metrics.log(self.id, metrics, step, wallclock)

    @takes()
    def log_metric(self, key: str, value: Any, step: Any = None, wallclock: float | datetime | None = None) -> None:
        """Log one point of one key; see `log_metrics`."""
        self.log_metrics({key: value}, step, wallclock)

    def metrics(
        self,
        *keys: str,
        max_points: int | None = None,
        first_step: int | None = None,
        last_step: int | None = None,
    ) -> dict[str, list[MetricPoint]]:
        """Return the points by key, each key's by step, then wallclock; all keys unless some are given.

        Points that this client has logged are waited for. `metric_points` reads a series of any length. A key that the
        object has not is warned about, with the nearest that it has.

        Args:
            max_points: About so many points a key at most, chosen so that no spike is lost; all, unless given.
            first_step: Only points of this step and later ones.
            last_step: Only points of this step and earlier ones.
        """
        if max_points is not None and check_step(max_points, field="max_points") < 1:
            raise InvalidFieldError.of("max_points", f"{max_points} is not a number from 1; leave it out for all")
        request = pb.GetMetricsRequest(
            parent_id=self.id,
            keys=[check_text("keys", key) for key in keys],
            columns=True,
            max_points=max_points or 0,
            **_range(first_step, last_step),
        )
        points = points_of(ask(self._session, methods.GET_METRICS, request).series)
        absent = [key for key in dict.fromkeys(keys) if not points.get(key)]
        is_part = not (first_step is None and last_step is None)
        tell_missing_series(self._session, self.id, absent, in_range=is_part)
        return points

    def metric_points(
        self, key: str, *, first_step: int | None = None, last_step: int | None = None, page_size: int = POINTS_PER_PAGE
    ) -> Iterator[MetricPoint]:
        """Return one key's points by step, then wallclock, read a page at a time as they are asked for.

        Args:
            first_step: Only points of this step and later ones.
            last_step: Only points of this step and earlier ones.
            page_size: How many points are read at once.
        """
        request = pb.GetMetricsRequest(
            parent_id=self.id, keys=[check_text("key", key)], columns=True, **_range(first_step, last_step)
        )

        def read(token: str, size: int) -> tuple[Iterable[MetricPoint], str]:
            request.page_token, request.page_size = token, size
            response = ask(self._session, methods.GET_METRICS, request)
            points = points_of(response.series).get(key, [])
            if not (points or token):
                is_part = not (first_step is None and last_step is None)
                tell_missing_series(self._session, self.id, [key], in_range=is_part)
            return points, response.next_page_token

        return each_of_pages(read, size=page_size)

    def metrics_dataframe(
        self,
        *keys: str,
        max_points: int | None = None,
        first_step: int | None = None,
        last_step: int | None = None,
    ) -> Any:
        """Return the points as a `pandas.DataFrame`, a row a point: `key`, `step`, `time`, `value`; see `metrics`.

        `frame.pivot_table(index="step", columns="key", values="value")` has a column a key.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        # Loaded when it is used: few programs ask for tables.
        from modelbox.dataframes import metrics_dataframe  # noqa: PLC0415  # see above

        return metrics_dataframe(self.metrics(*keys, max_points=max_points, first_step=first_step, last_step=last_step))

    def all_metrics(self) -> dict[str, list[MetricValue]]:
        """Return the points of all keys, each key's by step, then wallclock."""
        return self.metrics()

    def update_metadata(self, key: str | Mapping[str, Any], value: Any = None) -> None:
        """Write a key's value, or with a dict those of several keys at once. Other keys stay as they are.

        Args:
            value: Anything that JSON can hold; also arrays of numpy and torch. At most `limits.VALUE_BYTES_MAX` bytes.

        Raises:
            InvalidFieldError: The key or value breaks a rule.
        """
        metadata = key if isinstance(key, Mapping) else {key: value}
        request = pb.UpdateMetadataRequest(
            parent_id=check_id("parent_id", self.id), metadata=pb.Metadata(json=encode_metadata(metadata))
        )
        deliver(self._session, methods.UPDATE_METADATA, request)

    def delete_metadata(self, *keys: str) -> None:
        """Take keys of the metadata away. What they held stays in `metadata_history`.

        Raises:
            InvalidFieldError: No key is given, or one breaks a rule.
        """
        if not keys:
            raise InvalidFieldError.of("keys", "has no keys; give at least one")
        removed = [check_name(f"keys[{number}]", key) for number, key in enumerate(keys)]
        request = pb.UpdateMetadataRequest(parent_id=check_id("parent_id", self.id), removed_keys=removed)
        deliver(self._session, methods.UPDATE_METADATA, request)

    def metadata(self) -> dict[str, Any]:
        """Return all metadata by key."""
        request = pb.ListMetadataRequest(parent_id=self.id)
        return decode_metadata(ask(self._session, methods.LIST_METADATA, request).json)

    def metadata_history(self, key: str = "", *, limit: int | None = None) -> list[MetadataChange]:
        """Return every value that a key of the metadata had, or all keys', newest first; also when one was deleted."""
        request = pb.GetMetadataHistoryRequest(parent_id=self.id, key=check_text("key", key))

        def read(token: str, size: int) -> tuple[Iterable[pb.MetadataChange], str]:
            request.page_token, request.page_size = token, size
            response = ask(self._session, methods.GET_METADATA_HISTORY, request)
            return response.changes, response.next_page_token

        return [metadata_change_of(change) for change in all_pages(read, limit=limit)]

    def log_hyperparameters(self, hyperparameters: Any) -> None:
        """Record hyperparameters; those of other names stay as they are.

        Args:
            hyperparameters: A dict, the result of argparse, a dataclass, an estimator of scikit-learn, a configuration
                of Hugging Face or Lightning. Nested names are joined with a dot: `optimizer.lr`.

        What breaks a rule does not end a training: names are cleaned, of two equal ones the second is numbered, a value
        of over 16 KiB is kept in short. It is warned about, each kind once.

        Raises:
            InvalidFieldError: Of a client without `background`: a name breaks a rule; nothing is recorded.
        """
        for part in wire_hyperparameters(self._session, hyperparameters):
            request = pb.LogHyperparametersRequest(parent_id=check_id("parent_id", self.id), hyperparameters=part)
            deliver(self._session, methods.LOG_HYPERPARAMETERS, request)

    @takes()
    def log_param(self, name: str, value: Any) -> None:
        """Record one hyperparameter; see `log_hyperparameters`."""
        self.log_hyperparameters({name: value})

    def log_params(self, params: Any) -> None:
        """Record hyperparameters; the same as `log_hyperparameters`."""
        self.log_hyperparameters(params)

    def hyperparameters(self) -> dict[str, Any]:
        """Return all hyperparameters by name, nested names joined with a dot."""
        request = pb.ListHyperparametersRequest(parent_id=self.id)
        return hyperparameters_of(ask(self._session, methods.LIST_HYPERPARAMETERS, request).hyperparameters)

    def log_event(
        self,
        event: Event | str,
        *,
        source: str = "",
        wallclock: float | datetime | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Log an event: an `Event`, or its name with the rest beside it. An equal one is kept once.

        Args:
            source: Who reports it, such as "trainer".
            wallclock: Seconds since the epoch or an aware datetime; now, unless given.
            metadata: A JSON value for each key.

        What breaks a rule does not end a training: names are cleaned, values that JSON does not know are kept as text,
        a time that is none is now. It is warned about, each kind once.

        Raises:
            InvalidFieldError: Of a client without `background`: a part of it breaks a rule, or an `Event` was given
                with a part of it beside it.
        """
        oddities = self._session.oddities
        if not isinstance(event, Event):
            event = Event(event, EventSource(source), wallclock, metadata or {})
        elif source or wallclock is not None or metadata:
            error = InvalidFieldError.of("event", "an Event holds its source, wallclock_time and metadata itself")
            oddities.note("two descriptions of an event", error, "the Event counts", left_out=1)
        try:
            wire = wire_event(event)
        except InvalidFieldError as error:
            # Loaded when it is used: it knows many libraries, and `import modelbox` stays light.
            from modelbox.capture.events import sound_event  # noqa: PLC0415  # see above

            wire = wire_event(sound_event(oddities, event, error))
        request = pb.LogEventRequest(parent_id=check_id("parent_id", self.id), event=wire)
        deliver(self._session, methods.LOG_EVENT, request)

    def events(self, since: float | datetime | None = None, *, limit: int | None = None) -> list[Event]:
        """Return the logged events by their time; those of `since` or later, if it is given."""
        request = pb.ListEventsRequest(parent_id=self.id)
        if since is not None:
            request.since.CopyFrom(timestamp_of(check_time("since", since)))

        def read(token: str, size: int) -> tuple[Iterable[pb.Event], str]:
            request.page_token, request.page_size = token, size
            response = ask(self._session, methods.LIST_EVENTS, request)
            return response.events, response.next_page_token

        return [event_of(event) for event in all_pages(read, limit=limit)]


def _range(first_step: int | None, last_step: int | None) -> dict[str, Any]:
    """Return the fields of a request that bound the steps."""
    bounds = {"first_step": first_step, "last_step": last_step}
    return {name: check_step(step, field=name) for name, step in bounds.items() if step is not None}


def _known_metrics(logged: Logged) -> Mapping[str, MetricSummary] | None:
    """Return the metrics that an object is known to have; None if it may have others."""
    summaries: Mapping[str, MetricSummary] | None = getattr(logged, "known_summaries", None)
    if summaries is None and not getattr(logged, "exists", True):
        return {}  # it was just created
    return summaries


def wire_hyperparameters(session: Session, hyperparameters: Any) -> Iterator[list[pb.Hyperparameter]]:
    """Yield hyperparameters as the wire has them, in parts for a call each; see `Logged.log_hyperparameters`."""
    # Loaded when it is used: it knows many libraries, and `import modelbox` stays light.
    from modelbox.capture.hyperparameters import flatten  # noqa: PLC0415  # see above

    flat = flatten(hyperparameters, session.oddities)
    texts = encode_metadata(flat, what="hyperparameters", bytes_max=HYPERPARAMETER_BYTES_MAX)
    part: list[pb.Hyperparameter] = []
    size = 0
    for name, text in texts.items():
        # As the server measures it, but that it counts characters of names: bytes are no fewer.
        taken = len(name.encode()) + len(text.encode())
        if part and (len(part) == HYPERPARAMETERS_MAX or size + taken > HYPERPARAMETERS_BYTES_MAX):
            yield part
            part, size = [], 0
        part.append(pb.Hyperparameter(name=name, json=text))
        size += taken
    if part:
        yield part

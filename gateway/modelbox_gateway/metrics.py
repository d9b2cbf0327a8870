"""What Prometheus sees of the service. Values that others keep are read when a scrape asks for them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from modelbox_events.feed import Trouble

_BUCKETS_S: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
FEED_STATES: Final = ("starting", "standby", "running", "unavailable", "halted")

RPC_SECONDS: Final = Histogram(
    "modelbox_rpc_seconds",
    "Seconds from a call's arrival to its answer, by method and status code.",
    ("method", "code"),
    buckets=_BUCKETS_S,
    registry=None,
)

_observers: dict[tuple[str, str], Histogram] = {}


def observe_rpc(method: str, code: str, seconds: float) -> None:
    """Count one call.

    Args:
        method: The RPC's name, as `CreateModel`.
        code: The status code's name, as `OK`.
        seconds: How long it took.
    """
    observer = _observers.get((method, code))
    if observer is None:
        observer = _observers[method, code] = RPC_SECONDS.labels(method, code)
    observer.observe(seconds)


class LogSample(NamedTuple):
    """What the log is at."""

    position: int
    appends: int
    waiting: int
    ahead_s: float


class FeedSample(NamedTuple):
    """What the relay is at."""

    state: str
    position: int
    lag_events: int
    lag_s: float
    published: int
    trouble: str | None = None


class ProjectionSample(NamedTuple):
    """What one projection is at."""

    name: str
    status: str
    position: int
    lag_events: int


class Samples(NamedTuple):
    """Where to read each value; None for a part that this process does not run or has not started."""

    log: Callable[[], LogSample | None]
    feed: Callable[[], FeedSample | None]
    projections: Callable[[], Sequence[ProjectionSample]]
    fine: Callable[[], Mapping[str, bool]] = dict
    """Of each part of `/health`, whether it does its work."""


class ServiceCollector(Collector):
    """Turns samples into metrics at each scrape."""

    def __init__(self, samples: Samples) -> None:
        """Read from `samples`."""
        self._samples = samples

    def collect(self) -> Iterable[Metric]:
        """Return every metric of the log, the feed, the projections, and the parts of the health report."""
        if (log := self._samples.log()) is not None:
            yield from _log_metrics(log)
        if (feed := self._samples.feed()) is not None:
            yield from _feed_metrics(feed)
        yield from _projection_metrics(self._samples.projections())
        fine = GaugeMetricFamily("modelbox_part_fine", "1 where a part of /health does its work.", labels=("part",))
        for name, is_fine in self._samples.fine().items():
            fine.add_metric((name,), float(is_fine))
        yield fine


def registry_of(samples: Samples) -> CollectorRegistry:
    """Return what `/metrics` serves: the service, its calls, and its process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServiceCollector(samples))
    registry.register(RPC_SECONDS)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


def _log_metrics(log: LogSample) -> Iterator[Metric]:
    yield GaugeMetricFamily("modelbox_log_position", "The log's last position known here.", log.position)
    appends = "Appends that this process took and Postgres recorded."
    yield CounterMetricFamily("modelbox_log_appends", appends, log.appends)
    ahead = "Seconds by which the log's time is ahead of the database's clock."
    yield GaugeMetricFamily("modelbox_log_time_ahead_seconds", ahead, log.ahead_s)
    yield GaugeMetricFamily("modelbox_log_queue_depth", "Appends that wait for the next batch.", log.waiting)


def _feed_metrics(feed: FeedSample) -> Iterator[Metric]:
    yield GaugeMetricFamily("modelbox_feed_position", "The feed's last sequence known here.", feed.position)
    yield GaugeMetricFamily("modelbox_feed_lag_events", "Events of the log that the feed lacks.", feed.lag_events)
    yield GaugeMetricFamily("modelbox_feed_lag_seconds", "Age of the first event that the feed lacks.", feed.lag_s)
    yield CounterMetricFamily("modelbox_feed_published", "Events that this process published.", feed.published)
    state = GaugeMetricFamily("modelbox_feed_state", "1 for the relay's state, 0 for others.", labels=("state",))
    for name in FEED_STATES:
        state.add_metric((name,), float(name == feed.state))
    yield state
    trouble = GaugeMetricFamily("modelbox_feed_trouble", "1 for what is wrong with the feed.", labels=("trouble",))
    for name in Trouble:
        trouble.add_metric((str(name),), float(name == feed.trouble))
    yield trouble


def _projection_metrics(projections: Sequence[ProjectionSample]) -> Iterator[Metric]:
    labels = ("projection",)
    position = GaugeMetricFamily("modelbox_projection_position", "The last position a view holds.", labels=labels)
    lag = GaugeMetricFamily("modelbox_projection_lag_events", "Events of the log that a view lacks.", labels=labels)
    status = GaugeMetricFamily(
        "modelbox_projection_status", "1 for the projection's status.", labels=("projection", "status")
    )
    for sample in projections:
        position.add_metric((sample.name,), sample.position)
        lag.add_metric((sample.name,), sample.lag_events)
        status.add_metric((sample.name, sample.status), 1.0)
    yield from (position, lag, status)

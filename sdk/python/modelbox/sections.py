"""The sections that objects of several kinds show.

Must not know: any kind of object.
"""

from datetime import UTC, datetime
from typing import Final

from modelbox.keyed import KeyedObject
from modelbox.logged_events import Event
from modelbox.logged_object import LoggedObject
from modelbox.readable import metric_order
from modelbox.shown import Facts, Section, Series, Table, pairs, short

ROWS_MAX: Final = 20
"""Rows of a list, the newest first."""

LONG_ROWS_MAX: Final = 100
"""Rows of a list whose items are short."""

PLOTS_MAX: Final = 24
"""Metrics that are drawn."""

POINTS_MAX: Final = 500
"""About how many points of a series are asked for: more than a plot's pixels would not be seen."""


def metrics_of(shown: LoggedObject, *, title: str = "metrics") -> Section:
    """Return the metrics of an object, in the order of their keys."""
    series = shown.metrics(max_points=POINTS_MAX)
    return Section(title, Series({key: series[key] for key in metric_order(series)[:PLOTS_MAX]}))


def events_of(shown: LoggedObject) -> Section:
    """Return the events logged on an object, in their order."""
    rows = [
        (_time(event), event.name, event.source.name, pairs(event.metadata))
        for event in shown.events(limit=LONG_ROWS_MAX)
    ]
    return Section("events", Table(("time", "event", "source", "metadata"), rows), is_open=False)


def hyperparameters_of(shown: LoggedObject, *, title: str = "hyperparameters") -> Section:
    """Return the hyperparameters of an object."""
    parameters = shown.hyperparameters()
    return Section(title, Facts(parameters), is_open=len(parameters) <= ROWS_MAX)


def lineage_of(shown: LoggedObject, *, is_open: bool = True) -> Section:
    """Return what an object was made with, and what was made with it."""
    lineage = shown.lineage()
    nodes = {node.id: f"{node.type.replace('_', ' ')} {node.name}" for node in lineage.nodes}
    rows = [(nodes[edge.from_id], edge.relation, nodes[edge.to_id]) for edge in lineage.edges[:LONG_ROWS_MAX]]
    return Section("lineage", Table(("made with", "relation", "made"), rows), is_open=is_open)


def files_of(shown: LoggedObject, *, is_open: bool = True) -> Section:
    """Return the newest files of an object."""
    rows = [
        (file.path, f"{file.size:,} bytes" if file.uploaded else "kept elsewhere", short(file.sha256))
        for file in shown.artifacts(limit=ROWS_MAX)
    ]
    return Section("files", Table(("file", "size", "sha256"), rows), is_open=is_open)


def latest_of(shown: KeyedObject) -> str:
    """Return the newest numbers of an object's metrics as one text."""
    summaries = shown.metric_summaries
    return pairs({key: summaries[key].latest for key in metric_order(summaries)})


def _time(event: Event) -> object:
    at = event.wallclock_time
    return datetime.fromtimestamp(at, UTC) if isinstance(at, (int, float)) else at

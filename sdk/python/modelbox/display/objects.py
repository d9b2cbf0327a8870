"""What is shown of each kind of object.

What an object was read with is shown as it is; its runs, versions, metrics and files are asked of the server. One that
is away is said so, instead of an error in the middle of a notebook.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from modelbox.checkpoints import Checkpoint
from modelbox.comparison import Comparison
from modelbox.datasets import Dataset
from modelbox.display.page import Html, facts, page, section, short, side_by_side, table
from modelbox.display.plot import POINTS_MAX, line_plot
from modelbox.errors import ModelBoxError
from modelbox.experiments import Experiment
from modelbox.logged_events import Event
from modelbox.logged_object import LoggedObject
from modelbox.models import Model, ModelVersion
from modelbox.objects import StoredObject
from modelbox.readable import metric_order
from modelbox.runs import Run

ROWS_MAX: Final = 20
"""Rows of a list, the newest first."""

PLOTS_MAX: Final = 24
"""Metrics that are drawn."""


def html_of(shown: object) -> Html:
    """Return what is shown of an object or a comparison."""
    if isinstance(shown, Comparison):
        return _comparison(shown)
    if isinstance(shown, StoredObject):
        more = _PARTS.get(type(shown), _no_parts)
        return page(type(shown).__name__, _name_of(shown), info(shown), *_asked(lambda: list(more(shown))))
    return page(type(shown).__name__, str(shown))


def info(shown: StoredObject) -> Html:
    """Return the plain fields of an object."""
    return facts(info_of(shown))


def info_of(shown: StoredObject) -> dict[str, object]:
    """Return the plain fields of an object by their names; of a run also how long it took."""
    values = {field.name: getattr(shown, field.name) for field in fields(shown) if field.repr}
    hidden = {"name", "exists", "source", "columns"}
    plain = {name: _plain(value) for name, value in values.items() if name not in hidden}
    return {**plain, "duration": _took(shown)} if isinstance(shown, Run) else plain


def plots(shown: LoggedObject) -> Html | None:
    """Return the metrics of an object as plots, in the order of their keys; nothing if it has none."""
    series = shown.metrics(max_points=POINTS_MAX)
    drawn = (line_plot(key, series[key]) for key in metric_order(series)[:PLOTS_MAX])
    return side_by_side(plot for plot in drawn if plot is not None)


def events(shown: LoggedObject) -> Html | None:
    """Return the events logged on an object, in their order; nothing if it has none."""
    logged = shown.events(limit=ROWS_MAX * 5)
    rows = ((_time(event), event.name, event.source.name, _pairs(event.metadata)) for event in logged)
    return table(("time", "event", "source", "metadata"), rows) if logged else None


def _no_parts(_: Any) -> Iterable[Html | None]:
    return ()


def _experiment(experiment: Experiment) -> Iterable[Html | None]:
    yield section("runs", _runs(experiment.runs(limit=ROWS_MAX)))
    yield section("metrics", plots(experiment))
    yield section("events", events(experiment), is_open=False)


def _run(run: Run) -> Iterable[Html | None]:
    yield _hyperparameters(run)
    yield section("metrics", plots(run))
    yield section("children", _runs(run.children(limit=ROWS_MAX)))
    yield section("checkpoints", _checkpoints(run.checkpoints(limit=ROWS_MAX)), is_open=False)
    yield section("events", events(run), is_open=False)
    yield section("files", _files(run), is_open=False)
    yield section("lineage", _lineage(run), is_open=False)
    yield from _source(run)


def _source(run: Run) -> Iterable[Html | None]:
    if run.source is None:
        return
    source = {field.name: getattr(run.source, field.name) for field in fields(run.source)}
    installed = sorted(source.pop("dependencies").items())
    if not (run.source.repository or run.source.dirty):
        # Without one there is nothing that could be clean.
        del source["dirty"]
    yield section("source", facts(source), is_open=False)
    yield section("dependencies", table(("package", "version"), installed) if installed else None, is_open=False)


def _model(model: Model) -> Iterable[Html | None]:
    versions = model.model_versions(limit=ROWS_MAX)
    rows = (
        (version.version, version.unique_tags, version.framework.name, version.created_at, version.description)
        for version in versions
    )
    yield (
        section("versions", table(("version", "tags", "framework", "created", "description"), rows))
        if versions
        else None
    )
    yield section("metrics", plots(model))


def _model_version(version: ModelVersion) -> Iterable[Html | None]:
    yield _hyperparameters(version)
    yield section("metrics", plots(version))
    if (run := version.run()) is not None:
        yield section(f"run {run.name}", facts({**info_of(run), "metrics": _latest(run)}))
        yield _hyperparameters(run, title="hyperparameters of its run")
        yield section("metrics of its run", plots(run))
    yield section("lineage", _lineage(version))
    yield section("files", _files(version))
    metadata = version.metadata()
    yield section("metadata", facts(metadata) if metadata else None, is_open=False)


def _checkpoint(checkpoint: Checkpoint) -> Iterable[Html | None]:
    yield section("metrics", facts(checkpoint.metric_values) if checkpoint.metric_values else None)
    yield section("files", _files(checkpoint))


def _dataset(dataset: Dataset) -> Iterable[Html | None]:
    rows = [(column.name, column.type, _pairs(column.summary)) for column in dataset.columns[: ROWS_MAX * 5]]
    yield section("columns", table(("column", "type", "values"), rows) if rows else None)


_PARTS: Final[Mapping[type, Callable[[Any], Iterable[Html | None]]]] = {
    Experiment: _experiment,
    Run: _run,
    Model: _model,
    ModelVersion: _model_version,
    Checkpoint: _checkpoint,
    Dataset: _dataset,
}


def _comparison(comparison: Comparison) -> Html:
    compared = zip(comparison.runs, comparison.rows(), strict=True)
    columns = ["duration" if one == "duration_s" else one for one in comparison.columns]
    rows = ([_took(run) if name == "duration_s" else row[name] for name in comparison.columns] for run, row in compared)
    return page("Comparison", f"of {len(comparison.runs)} runs", table(columns, rows))


def _runs(runs: Sequence[Run]) -> Html | None:
    rows = ((run.name, run.status.name.lower(), run.started_at, _took(run), _latest(run)) for run in runs)
    return table(("run", "status", "started", "duration", "metrics"), rows) if runs else None


def _hyperparameters(of: LoggedObject, *, title: str = "hyperparameters") -> Html | None:
    parameters = of.hyperparameters()
    return section(title, facts(parameters) if parameters else None, is_open=len(parameters) <= ROWS_MAX)


def _lineage(shown: LoggedObject) -> Html | None:
    lineage = shown.lineage()
    nodes = {node.id: f"{node.type.replace('_', ' ')} {node.name}" for node in lineage.nodes}
    rows = [(nodes[edge.from_id], edge.relation, nodes[edge.to_id]) for edge in lineage.edges[: ROWS_MAX * 5]]
    return table(("made with", "relation", "made"), rows) if rows else None


def _checkpoints(checkpoints: list[Checkpoint]) -> Html | None:
    rows = ((one.epoch, one.step, one.created_at, _pairs(one.metric_values)) for one in checkpoints)
    return table(("epoch", "step", "created", "metrics"), rows) if checkpoints else None


def _files(shown: LoggedObject) -> Html | None:
    files = shown.artifacts(limit=ROWS_MAX)
    rows = (
        (file.path, f"{file.size:,} bytes" if file.uploaded else "kept elsewhere", short(file.sha256)) for file in files
    )
    return table(("file", "size", "sha256"), rows) if files else None


def _asked(ask: Callable[[], list[Html | None]]) -> list[Html | None]:
    try:
        return ask()
    except ModelBoxError as error:
        return [facts({"not shown": f"the rest: {error}"})]


def _name_of(shown: StoredObject) -> str:
    return getattr(shown, "name", "") or short(shown.id)


def _plain(value: object) -> object:
    name = getattr(value, "name", None)
    if isinstance(value, Mapping):
        return _pairs(value)
    return name.lower() if isinstance(name, str) else value


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}" for name, value in values.items()
    )


def _time(event: Event) -> object:
    at = event.wallclock_time
    return datetime.fromtimestamp(at, UTC) if isinstance(at, (int, float)) else at


def _latest(run: Run) -> str:
    return _pairs({key: run.metric_summaries[key].latest for key in metric_order(run.metric_summaries)})


def _took(run: Run) -> timedelta | None:
    return None if run.ended_at is None else run.ended_at - run.started_at

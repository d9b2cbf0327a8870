"""`modelbox client metrics`."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypedDict

import click

from modelbox.cli.common import output_option
from modelbox.cli.groups import ListingGroup
from modelbox.cli.keeping import AwayBox, tell_what_waits, with_reported_object
from modelbox.cli.naming import kind_of
from modelbox.cli.output import Row, print_rows, print_stream
from modelbox.cli.pointing import with_object
from modelbox.cli.values import read_numbers, read_time
from modelbox.client import ModelBox
from modelbox.errors import ResultTooLargeError
from modelbox.logged_object import LoggedObject
from modelbox.record_calls import last_steps
from modelbox.values import MetricPoint
from modelbox.wire import moment_of

TABLE_POINTS_MAX = 100
"""About so many points of each metric stand in a table, unless more are asked for."""

_RUNS_LOOKED_AT = 10
"""So many runs of an experiment without metrics are looked at for some."""

_COLUMNS = ("key", "step", "wallclock", "value")
_STEP_WIDTH = 12
_TIME_WIDTH = len("2030-01-31 12:00:00Z")


class Steps(TypedDict):
    """Which steps are meant; None means no bound."""

    first_step: int | None
    last_step: int | None


@click.group(cls=ListingGroup, epilog="Example: modelbox client metrics RUN, the same as metrics list RUN")
def metrics() -> None:
    """Print the metrics of an object, and log some on it."""


@metrics.command(
    "list", epilog="Example: modelbox client metrics list --id ID --key loss --first-step 1000 --output csv"
)
@click.option("--key", "keys", multiple=True, help="Only this metric. Repeatable. Default: all.")
@click.option("--last", is_flag=True, help="Only the last point of each metric.")
@click.option(
    "--max-points",
    type=click.IntRange(min=1),
    help=f"About so many points a metric, every spike among them. Default: {TABLE_POINTS_MAX} in a table, else all.",
)
@click.option("--all", "all_points", is_flag=True, help="Every point, also in a table.")
@click.option("--first-step", type=click.IntRange(min=0), help="Only points of this step and later ones.")
@click.option("--last-step", type=click.IntRange(min=0), help="Only points of this step and earlier ones.")
@output_option
@with_object()
def list_metrics(
    client: ModelBox,
    *,
    object_id: str,
    keys: tuple[str, ...],
    last: bool,
    max_points: int | None,
    all_points: bool,
    output: str,
    first_step: int | None,
    last_step: int | None,
) -> None:
    """Print the metrics of an object: each metric's points by step, then wallclock.

    JSON and CSV have every point, a table about a hundred of each metric.
    """
    if all_points and (last or max_points):
        raise click.UsageError("--all does not go with --last and --max-points")
    logged = client.object(object_id)
    tell_what_waits(client, object_id)
    steps = Steps(first_step=first_step, last_step=last_step)
    is_thinned = output in ("table", "markdown") and not (last or max_points or all_points)
    if last or max_points or is_thinned:
        series = logged.metrics(*keys, max_points=TABLE_POINTS_MAX if is_thinned else max_points, **steps)
        points = ((key, point) for key in sorted(series) for point in (series[key][-1:] if last else series[key]))
        print_rows(_rows(points, is_json=output == "json"), columns=_COLUMNS, output=output, what="metrics")
        if not series:
            _tell_of_runs(client, object_id)
        if is_thinned and any(_has_more(logged, key, len(one), steps) for key, one in series.items()):
            click.echo(f"about {TABLE_POINTS_MAX} points of each metric; every point: --all, or --output csv", err=True)
        return
    known = sorted(logged.metrics(*keys, max_points=1, **steps))
    rows = _rows(_every_point(logged, known, steps), is_json=output == "json")
    widths = (max(map(len, known), default=0), -_STEP_WIDTH, _TIME_WIDTH, 0)
    print_stream(rows, columns=_COLUMNS, widths=widths, output=output, what="metrics")
    if not known:
        _tell_of_runs(client, object_id)


@metrics.command("log", epilog="Example: modelbox client metrics log --id ID loss=0.3 accuracy=0.9 --step 5")
@click.argument("values", nargs=-1, required=True, metavar="KEY=NUMBER...")
@click.option(
    "--step",
    type=click.IntRange(min=0),
    help="Place in the training. Default: of each metric the one after its last; 0 for its first point.",
)
@click.option("--wallclock", "--time", "wallclock", callback=read_time, metavar="TIME", help="When. Default: now.")
@with_reported_object
def log_metrics(
    client: ModelBox, *, object_id: str, values: tuple[str, ...], step: int | None, wallclock: float | None
) -> None:
    """Log a point of each metric. It is recorded when the command ends; kept and sent later, if the server is away."""
    numbers = read_numbers(values, what="metric")
    logged: LoggedObject = client.object(object_id)
    if isinstance(client, AwayBox):
        if step is None:
            click.echo("without the server the last step is not known: it is step 0, unless --step is given", err=True)
        logged.log_metrics(numbers, step or 0, wallclock)
        return
    # Read where that can tell of a run that has ended, or of one that is deleted.
    if kind_of(client, object_id) == "run":
        logged = client.run(object_id)
    if step is None:
        # As the client counts: asked for here, since the command ends before that would be answered.
        last = last_steps(client._session.connection, object_id)  # noqa: SLF001  # see above
        for key, number in numbers.items():
            logged.log_metrics({key: number}, last.get(key, -1) + 1, wallclock)
    else:
        logged.log_metrics(numbers, step, wallclock)
    client.flush()


def _tell_of_runs(client: ModelBox, object_id: str) -> None:
    """Say on standard error that it is the runs of an experiment that have metrics, where it is so."""
    if kind_of(client, object_id) != "experiment":
        return
    for run in client.experiment(object_id).runs(limit=_RUNS_LOOKED_AT):
        if run.metric_summaries:
            click.echo(f"its runs have metrics: metrics --run {run.id}, for one", err=True)
            return


def _has_more(logged: LoggedObject, key: str, shown: int, steps: Steps) -> bool:
    """Tell whether a series has more points than those that are shown."""
    if shown < TABLE_POINTS_MAX:
        return False
    points = logged.metric_points(key, **steps, page_size=shown + 1)
    return sum(1 for _ in islice(points, shown + 1)) > shown


def _every_point(logged: LoggedObject, keys: Iterable[str], steps: Steps) -> Iterator[tuple[str, MetricPoint]]:
    """Return the points of a metric at a time; of one that no answer has room for, of a page."""
    for key in keys:
        points: Iterable[MetricPoint]
        try:
            # Each page looks through all of the series, so a million points take seven times as long in pages.
            points = logged.metrics(key, **steps).get(key, ())
        except ResultTooLargeError:
            points = logged.metric_points(key, **steps)
        for point in points:
            yield key, point


def _rows(points: Iterable[tuple[str, MetricPoint]], *, is_json: bool) -> Iterator[Row]:
    for key, point in points:
        # JSON has it as it is logged: seconds since the epoch.
        wallclock = point.wallclock if is_json else moment_of(point.wallclock)
        yield {"key": key, "step": point.step, "wallclock": wallclock, "value": point.value}


COMMAND: Final = metrics

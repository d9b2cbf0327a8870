"""`modelbox client runs`."""

from collections.abc import Sequence
from typing import Any, Final

import click

from modelbox.cli.common import (
    created_output_option,
    experiment_options,
    list_options,
    output_option,
    recursive_option,
    with_client,
)
from modelbox.cli.groups import Group
from modelbox.cli.naming import Id, find_id, find_named, is_id
from modelbox.cli.output import Row, print_object, print_rows
from modelbox.cli.pointing import with_one
from modelbox.cli.rows import row_of, rows_of
from modelbox.cli.run_columns import (
    RUN_COLUMNS,
    all_columns,
    chosen_columns,
    columns_for_people,
    need_keys,
    run_rows,
    tell_missing,
    without_system,
)
from modelbox.cli.run_experiments import experiment_names
from modelbox.cli.run_tree import nested, with_deleted_parents
from modelbox.cli.telling import for_people, print_created, told
from modelbox.cli.values import label_option, metadata_option, param_option, read_pairs, read_time, read_values
from modelbox.client import ModelBox
from modelbox.comparison import Comparison
from modelbox.enums import RunStatus
from modelbox.errors import NotFoundError, RunEndedError
from modelbox.kinds.experiment import EXPERIMENTS, Experiment
from modelbox.kinds.run import Run


@click.group(cls=Group)
def runs() -> None:
    """Start, end, list, show and compare the runs of experiments."""


@runs.command(
    epilog="Example: modelbox client runs start --namespace langtech --experiment wav2vec-lid --param lr=0.01 --quiet"
)
@experiment_options
@click.option("--name", default="", help="Its name. Default: two words.")
@click.option("--owner", default="", help="Who answers for it.")
@click.option("--comment", default="", help="A comment.")
@click.option("--parent", "--parent-id", "parent", type=Id("run"), default="", help="The run that it is part of.")
@click.option("--external-id", default="", help="The id of the same run in another tracker.")
@click.option("--started-at", callback=read_time, metavar="TIME", help="When it began. Default: now.")
@click.option("--run-id", "id", default="", help="A UUID drawn before; a run that has it already is printed.")
@param_option
@metadata_option
@label_option
@created_output_option
@with_client
def start(
    client: ModelBox,
    *,
    experiment: str,
    namespace: str,
    params: tuple[str, ...],
    metadata: tuple[str, ...],
    labels: tuple[str, ...],
    output: str,
    **of: Any,
) -> None:
    """Start a run, and print it. It runs until `runs end` ends it. An experiment that is not there is created."""
    run = _experiment(client, experiment, namespace).new_run(
        **of,
        hyperparameters=read_values(params, what="param"),
        metadata=read_values(metadata, what="metadata"),
        labels=read_pairs(labels, what="label"),
        # What runs is not this command.
        source=False,
        heartbeat=False,
    )
    print_created(run, output=output)


def _experiment(client: ModelBox, experiment: str, namespace: str) -> Experiment:
    """Return the experiment, which is created and told of where a name is of none."""
    try:
        return find_named(client, EXPERIMENTS, experiment, namespace)
    except NotFoundError:
        if is_id(experiment):
            raise
    created = client.new_experiment(experiment, namespace=namespace)
    click.echo(f"created experiment {created.name!r} in namespace {created.namespace!r}", err=True)
    return created


@runs.command(epilog="Example: modelbox client runs end RUN --status failed --reason 'out of memory'")
@click.option(
    "--status",
    type=click.Choice(["finished", "failed", "killed"]),
    default="finished",
    show_default=True,
    help="How it ended.",
)
@click.option("--reason", default="", help="Why.")
@click.option("--ended-at", callback=read_time, metavar="TIME", help="When it ended. Default: now.")
@with_one("run")
def end(_client: ModelBox, run: Run, *, status: str, reason: str, ended_at: float | None) -> None:
    """End a run."""
    try:
        run.finish(status, reason, ended_at=ended_at)
    except RunEndedError as error:
        reopen = " --reopen" if run.status is RunStatus.FINISHED else ""
        raise click.ClickException(f"{error}; here: modelbox client runs resume {run.id}{reopen}") from error


@runs.command(epilog="Example: modelbox client runs resume RUN")
@click.option("--reason", default="", help="Why.")
@click.option("--reopen", is_flag=True, help="Although somebody has finished it.")
@with_one("run")
def resume(_client: ModelBox, run: Run, *, reason: str, reopen: bool) -> None:
    """Take up a run that failed, was killed, is lost or ended with its program: it is running again."""
    run.resume(reason, heartbeat=False, reopen=reopen)


@runs.command(
    "list",
    epilog="""Example: modelbox client runs list --namespace langtech --experiment wav2vec-lid """
    """--filter 'status = "finished"' --order-by 'metrics.val_acc desc' --columns name,metrics.val_acc,params.lr""",
)
@experiment_options
@click.option("--all-namespaces", is_flag=True, help="The runs of every namespace.")
@click.option(
    "--columns",
    multiple=True,
    metavar="NAMES",
    help="Which columns, such as name,experiment,status,duration,parent,metrics.val_acc.max,params.lr,labels.env; "
    "metrics, params, labels and source stand for all of them, all for everything. Repeatable.",
)
@click.option("--tree", is_flag=True, help="Each run below the one that it is part of.")
@recursive_option
@list_options
@output_option
@with_client
def list_runs(
    client: ModelBox,
    *,
    experiment: str,
    namespace: str,
    all_namespaces: bool,
    columns: tuple[str, ...],
    tree: bool,
    recursive: bool,
    output: str,
    **which: Any,
) -> None:
    """List the runs of an experiment, of all experiments of a namespace, or of all namespaces, newest first."""
    if experiment and recursive:
        raise click.UsageError("--recursive is for a namespace; leave out --experiment")
    if all_namespaces and (experiment or namespace):
        raise click.UsageError("--all-namespaces has them all; leave out --experiment and --namespace")
    if tree and output in ("json", "csv"):
        raise click.UsageError("--tree is for people; programs read parent_id")
    chosen = chosen_columns(columns)
    is_for_people = output in ("table", "markdown")
    which["all_keys"] = need_keys(chosen) or not chosen
    if experiment:
        found = find_named(client, EXPERIMENTS, experiment, namespace).runs(**which)
    else:
        found = client.runs(namespace, recursive=recursive, all_namespaces=all_namespaces, **which)
    if output == "json" and not chosen:
        print_rows(rows_of(found), columns=(), output=output)
        return
    listed = with_deleted_parents(client, found) if tree else found
    names = all_columns(found, chosen or (columns_for_people(found) if is_for_people else RUN_COLUMNS))
    names = without_system(names, chosen) if is_for_people else names
    branches = nested(listed, is_newest_first=not which["order_by"]) if tree else ((run, "") for run in found)
    rows = run_rows(branches, names, experiments=experiment_names(client, listed) if "experiment" in names else None)
    print_rows(rows, columns=names, output=output, what="runs", keeps_empty=bool(chosen))
    tell_missing(rows, names, found)


@runs.command(epilog="Example: modelbox client runs show RUN")
@click.option("--packages", is_flag=True, help="Also the packages that it ran with.")
@output_option
@with_one("run")
def show(_client: ModelBox, run: Run, *, packages: bool, output: str) -> None:
    """Show one run: how it is with it, its metrics in short, its hyperparameters, metadata and source."""
    row = {**row_of(run), "metadata": run.metadata()}
    print_object(row if output == "json" else for_people(row, packages=packages), output=output)


@runs.command(epilog="Example: modelbox client runs compare ID ID")
@click.argument("ids", nargs=-1)
@experiment_options
@click.option(
    "--columns",
    "chosen",
    multiple=True,
    type=click.Choice(["all"]),
    help="all: also the metrics of the machine, in a table.",
)
@list_options
@output_option
@with_client
def compare(
    client: ModelBox,
    *,
    ids: tuple[str, ...],
    experiment: str,
    namespace: str,
    chosen: tuple[str, ...],
    output: str,
    **which: Any,
) -> None:
    """Compare runs, given by their ids or as those of an experiment: hyperparameters that differ, newest metrics."""
    if bool(ids) == bool(experiment):
        raise click.UsageError("give either the ids of runs, or --experiment")
    if ids:
        compared: Comparison = client.compare([find_id(client, one, ("run",), namespace=namespace) for one in ids])
    else:
        compared = client.compare(find_named(client, EXPERIMENTS, experiment, namespace).runs(**which))
    if output in ("table", "markdown"):
        # People have a duration as in every list; programs have seconds.
        columns = ["duration" if one == "duration_s" else one for one in compared.columns]
        names = without_system(columns, chosen)
        rows: Sequence[Row] = run_rows(((run, "") for run in compared.runs), names)
    else:
        rows, names = compared.rows(), compared.columns
    print_rows(rows, columns=names, output=output, what="runs")


@runs.command(epilog="Example: modelbox client runs best val_loss --experiment wav2vec-lid --mode min")
@click.argument("key", default="", metavar="[METRIC]")
@experiment_options
@click.option("--metric", default="", help="The metric's key, instead of the first argument.")
@click.option("--mode", type=click.Choice(["max", "min"]), default="max", show_default=True, help="What is best.")
@click.option("--filter", default="", help="Only among these runs.")
@output_option
@with_client
def best(
    client: ModelBox, *, key: str, metric: str, experiment: str, namespace: str, output: str, **which: Any
) -> None:
    """Show the run whose best value of a metric is the best of all runs of an experiment."""
    if bool(key) == bool(metric):
        raise click.UsageError("give the key of a METRIC, as the first argument or as --metric")
    metric = key or metric
    run = find_named(client, EXPERIMENTS, experiment, namespace).best_run(metric, **which)
    if run is None:
        such = "no run that the filter finds" if which["filter"] else "no run of the experiment"
        raise click.ClickException(f"metric: {such} has the metric {metric[:80]!r}")
    print_object(told(row_of(run), output), output=output)


COMMAND: Final = runs

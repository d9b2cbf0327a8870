"""`modelbox report`."""

import click

from modelbox.cli.common import experiment_options, with_client
from modelbox.cli.naming import find_model, find_run
from modelbox.client import ModelBox
from modelbox.models import Model, ModelVersion
from modelbox.runs import Run


@click.command(
    epilog="\b\nExamples:\n  modelbox report RUN > run.html\n"
    "  modelbox report --namespace vision --model digits --tag production > digits.html"
)
@click.argument("run", default="")
@experiment_options
@click.option("--model", default="", help="Instead of a run a model: its id, or its name in the namespace.")
@click.option("--version", default="", help="With --model: this version of it.")
@click.option("--tag", default="", help="With --model: the version that holds this unique tag.")
@with_client
def report(client: ModelBox, *, run: str, experiment: str, namespace: str, model: str, version: str, tag: str) -> None:
    """Print a run, with its metrics as plots, as one file of HTML that needs no server.

    RUN is its id, as many of its first digits as tell it apart, or its name in the experiment or namespace.
    """
    # Loaded when it is used: few commands draw.
    from modelbox.display.objects import html_of
    from modelbox.display.page import document

    if bool(run) == bool(model):
        raise click.UsageError("give a RUN or a --model")
    if (version or tag) and not model:
        raise click.UsageError("--version and --tag are of a --model")
    shown: Run | Model | ModelVersion
    if run:
        shown = find_run(client, run, experiment=experiment, namespace=namespace)
    else:
        found = find_model(client, model, namespace)
        shown = found.model_version(version, tag=tag) if version or tag else found
    click.echo(document(f"{type(shown).__name__} {shown.name}", html_of(shown)))

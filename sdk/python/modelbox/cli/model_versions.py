"""`modelbox client model-versions`."""

from typing import Any

import click

from modelbox.cli.common import (
    Command,
    framework_option,
    list_options,
    model_options,
    output_option,
    with_client,
)
from modelbox.cli.history import history_options, print_history
from modelbox.cli.naming import Id, find_model
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.rows import created_row, row_of, rows_of
from modelbox.cli.values import (
    DescriptionCommand,
    label_option,
    metadata_option,
    read_pairs,
    read_values,
    track_option,
)
from modelbox.client import ModelBox
from modelbox.models import ModelVersion
from modelbox.transfer.tracking import TrackedFile

_COLUMNS = ("id", "version", "name", "unique_tags", "framework", "description", "labels", "created_at")


def _which_options(command: Command) -> Command:
    """Add the options that name one model version."""
    command = click.option("--version", default="", help="Its version in the model.")(model_options(command))
    return click.option("--id", "version_id", type=Id("model_version"), default="", help="The model version's id.")(
        command
    )


def _find(
    client: ModelBox, *, version_id: str, version: str, tag: str = "", model: str, namespace: str
) -> ModelVersion:
    """Return the model version that the options name."""
    if sum(map(bool, (version_id, version, tag))) != 1:
        raise click.UsageError("give one of: --id; --model and --version; --model and a tag")
    if version_id:
        return client.model_version(version_id)
    return find_model(client, model, namespace).model_version(version, tag=tag)


@click.group("model-versions")
def model_versions() -> None:
    """Create, list and show model versions, and move their unique tags."""


@model_versions.command(
    cls=DescriptionCommand,
    epilog="Example: modelbox client model-versions create --model wav2vec --framework pytorch --unique-tag candidate",
)
@model_options
@click.option("--version", default="", help="Unique in the model. Default: the next whole number.")
@click.option("--name", default="", help="Its name. Default: the model's.")
@click.option("--description", default="", help="A description.")
@framework_option
@click.option("--unique-tag", "unique_tags", multiple=True, help="A tag only one version may have. Repeatable.")
@click.option("--move-tags", is_flag=True, help="Take the unique tags from the versions that hold them.")
@click.option("--run-id", "run", type=Id("run"), default="", help="The run that made it.")
@metadata_option
@label_option
@track_option
@output_option
@with_client
def create(
    client: ModelBox,
    *,
    model: str,
    namespace: str,
    metadata: tuple[str, ...],
    labels: tuple[str, ...],
    track: list[TrackedFile],
    output: str,
    **of: Any,
) -> None:
    """Create a model version and print it; one that exists already is printed as it is."""
    version = find_model(client, model, namespace).new_model_version(
        **of,
        artifacts=track,
        metadata=read_values(metadata, what="metadata"),
        labels=read_pairs(labels, what="label"),
    )
    print_object(created_row(version), output=output)


@model_versions.command(
    "list", epilog="Example: modelbox client model-versions list --namespace langtech --model wav2vec"
)
@model_options
@list_options
@output_option
@with_client
def list_model_versions(client: ModelBox, *, model: str, namespace: str, output: str, **which: Any) -> None:
    """List the versions of a model, newest first."""
    versions = find_model(client, model, namespace).model_versions(**which, all_keys=output == "json")
    print_rows(rows_of(versions), columns=_COLUMNS, output=output, what="model versions")


@model_versions.command(epilog="Example: modelbox client model-versions show --model wav2vec --tag production")
@_which_options
@click.option("--tag", default="", help="A unique tag that it holds.")
@output_option
@with_client
def show(client: ModelBox, *, output: str, **which: str) -> None:
    """Show one model version with its metadata."""
    version = _find(client, **which)
    print_object({**row_of(version), "metadata": version.metadata()}, output=output)


@model_versions.command(
    "tag", epilog="Example: modelbox client model-versions tag production --model wav2vec --version 3"
)
@click.argument("tag")
@_which_options
@with_client
def set_tag(client: ModelBox, *, tag: str, **which: str) -> None:
    """Give a unique tag to a model version, taking it from the one that holds it."""
    version = _find(client, **which)
    before = version.set_unique_tag(tag)
    taken = f", taken from {before}" if before and before != version.id else ""
    click.echo(f"{tag} is on {version.id}{taken}")


@model_versions.command("untag", epilog="Example: modelbox client model-versions untag production --model wav2vec")
@click.argument("tag")
@_which_options
@with_client
def remove_tag(client: ModelBox, *, tag: str, **which: str) -> None:
    """Take a unique tag away from the model version that holds it."""
    if not (which["version_id"] or which["version"]):
        which["tag"] = tag
    version = _find(client, **which)
    version.remove_unique_tag(tag)
    click.echo(f"{tag} is on no model version; it was on {version.id}")


@model_versions.command(epilog="Example: modelbox client model-versions history --model wav2vec --version 3")
@_which_options
@click.option("--tag", default="", help="A unique tag that it holds.")
@history_options
@with_client
def history(
    client: ModelBox,
    *,
    since: float | None,
    until: float | None,
    limit: int | None,
    output: str,
    **of: str,
) -> None:
    """Print who changed a model version and when, and which unique tags came and went, newest first."""
    print_history(_find(client, **of), since=since, until=until, limit=limit, output=output)

"""`modelbox client model-versions`."""

from typing import Any, Final

import click

from modelbox.cli.common import (
    created_output_option,
    framework_option,
    list_options,
    model_options,
    output_option,
    with_client,
)
from modelbox.cli.groups import Group
from modelbox.cli.history import history_options, print_history
from modelbox.cli.naming import Id, find_named
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.pointing import with_one
from modelbox.cli.rows import listed_rows, row_of
from modelbox.cli.telling import print_created, told
from modelbox.cli.values import (
    DescriptionCommand,
    label_option,
    metadata_option,
    read_pairs,
    read_values,
    track_option,
)
from modelbox.client import ModelBox
from modelbox.kinds.model import MODELS, Model
from modelbox.kinds.model_version import ModelVersion
from modelbox.transfer.tracking import TrackedFile

_COLUMNS = ("id", "version", "name", "unique_tags", "framework", "description", "labels", "created_at")


@click.group("model-versions", cls=Group)
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
@click.option("--run", "--run-id", "run", type=Id("run"), default="", help="The run that made it.")
@metadata_option
@label_option
@track_option
@created_output_option
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
    version = find_named(client, MODELS, model, namespace).new_model_version(
        **of,
        artifacts=track,
        metadata=read_values(metadata, what="metadata"),
        labels=read_pairs(labels, what="label"),
    )
    print_created(version, output=output)


@model_versions.command("list", epilog="Example: modelbox client model-versions list wav2vec --namespace langtech")
@list_options
@output_option
@with_one("model")
def list_model_versions(_client: ModelBox, model: Model, *, output: str, **which: Any) -> None:
    """List the versions of a model, newest first."""
    versions = model.model_versions(**which, all_keys=output in ("json", "csv"))
    print_rows(listed_rows(versions, output), columns=_COLUMNS, output=output, what="model versions")


@model_versions.command(epilog="Example: modelbox client model-versions show wav2vec --tag production")
@output_option
@with_one("model_version")
def show(_client: ModelBox, version: ModelVersion, *, output: str) -> None:
    """Show one model version with its metadata."""
    print_object(told({**row_of(version), "metadata": version.metadata()}, output), output=output)


@model_versions.command(
    "tag", epilog="Example: modelbox client model-versions tag production --model wav2vec --version 3"
)
@click.argument("unique_tag", metavar="TAG")
@with_one("model_version")
def set_tag(_client: ModelBox, version: ModelVersion, *, unique_tag: str) -> None:
    """Give a unique tag to a model version, taking it from the one that holds it."""
    before = version.set_unique_tag(unique_tag)
    taken = f", taken from {before}" if before and before != version.id else ""
    click.echo(f"{unique_tag} is on {version.id}{taken}")


@model_versions.command("untag", epilog="Example: modelbox client model-versions untag production --model wav2vec")
@click.argument("unique_tag", metavar="TAG")
@with_one("model_version", tag_is="unique_tag")
def remove_tag(_client: ModelBox, version: ModelVersion, *, unique_tag: str) -> None:
    """Take a unique tag away from the model version that holds it."""
    version.remove_unique_tag(unique_tag)
    click.echo(f"{unique_tag} is on no model version; it was on {version.id}")


@model_versions.command(epilog="Example: modelbox client model-versions history wav2vec --version 3")
@history_options
@with_one("model_version")
def history(_client: ModelBox, version: ModelVersion, **which: Any) -> None:
    """Print who changed a model version and when, and which unique tags came and went, newest first."""
    print_history(version, **which)


COMMAND: Final = model_versions

"""`modelbox client model-versions`."""

from pathlib import Path
from typing import Any

import click

from modelbox.cli.common import (
    Command,
    connected,
    connection_options,
    find_model,
    limit_option,
    model_options,
    output_option,
)
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.rows import model_version_row
from modelbox.cli.values import metadata_option, read_metadata, track_option
from modelbox.client import ModelBox
from modelbox.enums import MLFramework
from modelbox.models import ModelVersion

_COLUMNS = ("id", "version", "name", "unique_tags", "framework", "description", "created_at")


def _which_options(command: Command) -> Command:
    """Add the options that name one model version."""
    command = click.option("--version", default="", help="Its version in the model.")(model_options(command))
    return click.option("--id", "version_id", default="", help="The model version's id.")(command)


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
    epilog="Example: modelbox client model-versions create --model wav2vec --framework pytorch --unique-tag candidate"
)
@model_options
@click.option("--version", default="", help="Unique in the model. Default: the next whole number.")
@click.option("--name", default="", help="Its name. Default: the model's.")
@click.option("--description", default="", help="A description.")
@click.option(
    "--framework",
    type=click.Choice([framework.name.lower() for framework in MLFramework], case_sensitive=False),
    default="unknown",
    help="The framework it was built with.",
)
@click.option("--unique-tag", "unique_tags", multiple=True, help="A tag only one version may have. Repeatable.")
@click.option("--move-tags", is_flag=True, help="Take the unique tags from the versions that hold them.")
@metadata_option
@track_option
@output_option
@connection_options
def create(
    *,
    model: str,
    namespace: str,
    metadata: tuple[str, ...],
    track: tuple[str, ...],
    output: str,
    server_addr: str,
    config_path: Path | None,
    **of: Any,
) -> None:
    """Create a model version and print it; one that exists already is printed as it is."""
    with connected(server_addr, config_path) as client:
        parent = find_model(client, model, namespace)
        version = parent.new_model_version(**of, artifacts=track, metadata=read_metadata(metadata))
        print_object({**model_version_row(version), "exists": version.exists}, output=output)


@model_versions.command(
    "list", epilog="Example: modelbox client model-versions list --namespace langtech --model wav2vec"
)
@model_options
@limit_option
@output_option
@connection_options
def list_model_versions(
    *, model: str, namespace: str, limit: int | None, output: str, server_addr: str, config_path: Path | None
) -> None:
    """List the versions of a model, newest first."""
    with connected(server_addr, config_path) as client:
        versions = find_model(client, model, namespace).model_versions(limit=limit)
        print_rows(map(model_version_row, versions), columns=_COLUMNS, output=output)


@model_versions.command(epilog="Example: modelbox client model-versions show --model wav2vec --tag production")
@_which_options
@click.option("--tag", default="", help="A unique tag that it holds.")
@output_option
@connection_options
def show(*, output: str, server_addr: str, config_path: Path | None, **which: str) -> None:
    """Show one model version with its metadata."""
    with connected(server_addr, config_path) as client:
        version = _find(client, **which)
        print_object({**model_version_row(version), "metadata": version.metadata()}, output=output)


@model_versions.command(
    "tag", epilog="Example: modelbox client model-versions tag production --model wav2vec --version 3"
)
@click.argument("tag")
@_which_options
@connection_options
def set_tag(*, tag: str, server_addr: str, config_path: Path | None, **which: str) -> None:
    """Give a unique tag to a model version, taking it from the one that holds it."""
    with connected(server_addr, config_path) as client:
        version = _find(client, **which)
        before = version.set_unique_tag(tag)
        taken = f", taken from {before}" if before and before != version.id else ""
        click.echo(f"{tag} is on {version.id}{taken}")


@model_versions.command("untag", epilog="Example: modelbox client model-versions untag production --model wav2vec")
@click.argument("tag")
@_which_options
@connection_options
def remove_tag(*, tag: str, server_addr: str, config_path: Path | None, **which: str) -> None:
    """Take a unique tag away from the model version that holds it."""
    if not (which["version_id"] or which["version"]):
        which["tag"] = tag
    with connected(server_addr, config_path) as client:
        version = _find(client, **which)
        version.remove_unique_tag(tag)
        click.echo(f"{tag} is on no model version; it was on {version.id}")

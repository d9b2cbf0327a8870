"""`modelbox client models`."""

from pathlib import Path
from typing import Any

import click

from modelbox.cli.common import (
    connected,
    connection_options,
    find_model,
    limit_option,
    model_options,
    namespace_option,
    output_option,
)
from modelbox.cli.output import print_object, print_rows
from modelbox.cli.rows import model_row
from modelbox.cli.values import metadata_option, read_metadata, track_option

_COLUMNS = ("id", "name", "owner", "task", "description", "created_at")


@click.group()
def models() -> None:
    """Create, list and show models."""


@models.command(
    epilog="Example: modelbox client models create --namespace langtech --name wav2vec --owner a@b.org --task asr"
)
@click.option("--name", required=True, help="The name, unique in the namespace.")
@click.option("--owner", default="", help="Who answers for it, such as an e-mail address.")
@click.option("--task", default="", help="What it is for, such as asr.")
@click.option("--description", default="", help="A description.")
@namespace_option
@metadata_option
@track_option
@output_option
@connection_options
def create(
    *,
    metadata: tuple[str, ...],
    track: tuple[str, ...],
    output: str,
    server_addr: str,
    config_path: Path | None,
    **of: Any,
) -> None:
    """Create a model and print it; one that exists already is printed as it is."""
    with connected(server_addr, config_path) as client:
        model = client.new_model(**of, artifacts=track, metadata=read_metadata(metadata))
        print_object({**model_row(model), "exists": model.exists}, output=output)


@models.command("list", epilog="Example: modelbox client models list --namespace langtech --output json")
@namespace_option
@limit_option
@output_option
@connection_options
def list_models(*, namespace: str, limit: int | None, output: str, server_addr: str, config_path: Path | None) -> None:
    """List the models of a namespace, newest first."""
    with connected(server_addr, config_path) as client:
        print_rows(map(model_row, client.models(namespace, limit=limit)), columns=_COLUMNS, output=output)


@models.command(epilog="Example: modelbox client models show --namespace langtech --model wav2vec")
@click.option("--id", "model_id", default="", help="The model's id.")
@model_options
@output_option
@connection_options
def show(*, model_id: str, model: str, namespace: str, output: str, server_addr: str, config_path: Path | None) -> None:
    """Show one model with its metadata."""
    with connected(server_addr, config_path) as client:
        found = find_model(client, model_id or model, namespace)
        print_object({**model_row(found), "metadata": found.metadata()}, output=output)

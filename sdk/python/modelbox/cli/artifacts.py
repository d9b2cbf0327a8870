"""`modelbox client artifacts`."""

from pathlib import Path
from typing import Any

import click

from modelbox.cli.common import (
    Command,
    connected,
    connection_options,
    limit_option,
    object_options,
    output_option,
)
from modelbox.cli.naming import Id, object_id_of, resolved
from modelbox.cli.output import print_rows
from modelbox.cli.progress import transfer_progress
from modelbox.cli.rows import rows_of
from modelbox.client import ModelBox
from modelbox.logged_object import ObjectRef

_COLUMNS = ("id", "path", "mime_type", "uploaded", "size", "checksum", "created_at")


_object_options = object_options("--parent-id")


def _object(client: ModelBox, **of: Any) -> ObjectRef:
    """Return the object that the options name."""
    return client.object(object_id_of(client, **{name: resolved(client, value) for name, value in of.items()}))


def _paths_option(command: Command) -> Command:
    text = "A file, or a folder for all files in it. Repeatable."
    return click.option("--path", "paths", required=True, multiple=True, metavar="PATH", help=text)(command)


@click.group()
def artifacts() -> None:
    """Upload, download, track and list artifacts, the files of experiments, runs, checkpoints, datasets and models.

    A model version is a --model with a --version or --tag; every object has an id, for --parent-id.
    """


@artifacts.command(epilog="Example: modelbox client artifacts upload --parent-id ID --path model.pt --path tokenizer/")
@_object_options
@_paths_option
@click.option("--artifact-path", help="The folder within the object that the files, and what folders hold, go to.")
@connection_options
def upload(
    *,
    paths: tuple[str, ...],
    artifact_path: str | None,
    server_addr: str,
    config_path: Path | None,
    **of: Any,
) -> None:
    """Upload files; prints nothing but their ids, one a line."""
    with connected(server_addr, config_path) as client, transfer_progress() as on_progress:
        uploaded = _object(client, **of).upload_artifact(paths, artifact_path=artifact_path, on_progress=on_progress)
    for artifact in uploaded:
        click.echo(artifact.id)


@artifacts.command(epilog="Example: modelbox client artifacts track --parent-id ID --path s3://bucket/model.pt")
@_object_options
@_paths_option
@connection_options
def track(*, paths: tuple[str, ...], server_addr: str, config_path: Path | None, **of: Any) -> None:
    """Record where files are kept, without uploading them; prints nothing but their ids, one a line."""
    with connected(server_addr, config_path) as client:
        tracked = _object(client, **of).track_artifacts(paths)
    for artifact in tracked:
        click.echo(artifact.id)


@artifacts.command(
    epilog="Example: modelbox client artifacts download --model wav2vec --tag production "
    "--artifact-path sub/model.joblib --path ./downloads"
)
@click.option(
    "--id",
    "artifact_ids",
    type=Id("artifact"),
    multiple=True,
    help="An artifact's id, instead of an object. Repeatable.",
)
@_object_options
@click.option(
    "--artifact-path", default="", help="Only the file with this path in the object, or those in this folder of it."
)
@click.option("--path", type=click.Path(path_type=Path), default=Path(), help="The folder to write into.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there and differ.")
@connection_options
def download(
    *,
    artifact_ids: tuple[str, ...],
    artifact_path: str,
    path: Path,
    overwrite: bool,
    server_addr: str,
    config_path: Path | None,
    **of: Any,
) -> None:
    """Download artifacts, verified: given by their ids, or all uploaded ones of an object, or one of them by its path.

    Prints nothing but where they are, one a line.
    """
    if artifact_ids and (artifact_path or any(of[name] for name in ("object_id", "run", "model", "experiment"))):
        raise click.UsageError("give either --id, or an object and perhaps --artifact-path")
    with connected(server_addr, config_path) as client, transfer_progress() as on_progress:
        if artifact_ids:
            whole = resolved(client, artifact_ids)
            places = client.download_artifacts(whole, path, overwrite=overwrite, on_progress=on_progress)
        else:
            places = _object(client, **of).download_artifacts(
                path, path=artifact_path, overwrite=overwrite, on_progress=on_progress
            )
    for place in places:
        click.echo(place)


@artifacts.command("list", epilog="Example: modelbox client artifacts list --model wav2vec --tag production")
@_object_options
@limit_option
@output_option
@connection_options
def list_artifacts(*, limit: int | None, output: str, server_addr: str, config_path: Path | None, **of: Any) -> None:
    """List the artifacts of an object, newest first."""
    with connected(server_addr, config_path) as client:
        found = _object(client, **of).artifacts(limit=limit)
        print_rows(rows_of(found), columns=_COLUMNS, output=output, what="artifacts")

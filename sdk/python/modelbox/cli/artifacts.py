"""`modelbox client artifacts`."""

from pathlib import Path

import click

from modelbox.cli.common import Command, connected, connection_options, limit_option, output_option
from modelbox.cli.output import print_rows
from modelbox.cli.progress import transfer_progress
from modelbox.cli.rows import rows_of

_COLUMNS = ("id", "path", "mime_type", "uploaded", "size", "checksum", "created_at")


def _parent_option(command: Command) -> Command:
    return click.option("--parent-id", required=True, help="The model or model version they belong to.")(command)


def _paths_option(command: Command) -> Command:
    text = "A file, or a folder for all files in it. Repeatable."
    return click.option("--path", "paths", required=True, multiple=True, metavar="PATH", help=text)(command)


@click.group()
def artifacts() -> None:
    """Upload, download, track and list artifacts."""


@artifacts.command(epilog="Example: modelbox client artifacts upload --parent-id ID --path model.pt --path tokenizer/")
@_parent_option
@_paths_option
@click.option("--artifact-path", help="The folder within the object that the files, and what folders hold, go to.")
@connection_options
def upload(
    *, parent_id: str, paths: tuple[str, ...], artifact_path: str | None, server_addr: str, config_path: Path | None
) -> None:
    """Upload files; prints nothing but their ids, one a line."""
    with connected(server_addr, config_path) as client, transfer_progress() as on_progress:
        uploaded = client.object(parent_id).upload_artifact(paths, artifact_path=artifact_path, on_progress=on_progress)
    for artifact in uploaded:
        click.echo(artifact.id)


@artifacts.command(epilog="Example: modelbox client artifacts track --parent-id ID --path s3://bucket/model.pt")
@_parent_option
@_paths_option
@connection_options
def track(*, parent_id: str, paths: tuple[str, ...], server_addr: str, config_path: Path | None) -> None:
    """Record where files are kept, without uploading them; prints nothing but their ids, one a line."""
    with connected(server_addr, config_path) as client:
        tracked = client.object(parent_id).track_artifacts(paths)
    for artifact in tracked:
        click.echo(artifact.id)


@artifacts.command(epilog="Example: modelbox client artifacts download --id ID --path ./downloads")
@click.option("--id", "artifact_ids", multiple=True, help="An artifact's id. Repeatable.")
@click.option("--parent-id", default="", help="Download all uploaded artifacts of this model or model version.")
@click.option("--path", type=click.Path(path_type=Path), default=Path(), help="The folder to write into.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there and differ.")
@connection_options
def download(
    *,
    artifact_ids: tuple[str, ...],
    parent_id: str,
    path: Path,
    overwrite: bool,
    server_addr: str,
    config_path: Path | None,
) -> None:
    """Download artifacts, verified; prints nothing but where they are, one a line."""
    if bool(artifact_ids) == bool(parent_id):
        raise click.UsageError("give either --id or --parent-id")
    with connected(server_addr, config_path) as client, transfer_progress() as on_progress:
        if parent_id:
            places = client.object(parent_id).download_artifacts(path, overwrite=overwrite, on_progress=on_progress)
        else:
            places = client.download_artifacts(artifact_ids, path, overwrite=overwrite, on_progress=on_progress)
    for place in places:
        click.echo(place)


@artifacts.command("list", epilog="Example: modelbox client artifacts list --parent-id ID")
@_parent_option
@limit_option
@output_option
@connection_options
def list_artifacts(
    *, parent_id: str, limit: int | None, output: str, server_addr: str, config_path: Path | None
) -> None:
    """List the artifacts of a model or model version, newest first."""
    with connected(server_addr, config_path) as client:
        found = client.object(parent_id).artifacts(limit=limit)
        print_rows(rows_of(found), columns=_COLUMNS, output=output)

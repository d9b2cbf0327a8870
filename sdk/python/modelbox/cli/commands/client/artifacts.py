"""`modelbox client artifacts`."""

from pathlib import Path
from typing import Final

import click

from modelbox.cli.common import Command, limit_option, output_option, with_client
from modelbox.cli.groups import ListingGroup
from modelbox.cli.naming import kind_of, whole_id
from modelbox.cli.output import print_rows
from modelbox.cli.pointing import ANY, choice_of, object_id_of, object_options, refuse_second, with_object
from modelbox.cli.progress import transfer_progress
from modelbox.cli.rows import rows_of
from modelbox.client import ModelBox

_COLUMNS = ("id", "path", "mime_type", "uploaded", "size", "checksum", "created_at")


def _paths_options(command: Command) -> Command:
    """Add the arguments and the option that name files, for `_paths`."""
    text = "A file, or a folder for all files in it; also as arguments behind the object. Repeatable."
    command = click.option("--path", "paths", multiple=True, metavar="PATH", help=text)(command)
    return click.argument("more_paths", nargs=-1, metavar="[PATH]...")(command)


def _paths(*, paths: tuple[str, ...], more_paths: tuple[str, ...]) -> tuple[str, ...]:
    if not (paths or more_paths):
        raise click.UsageError("give the files, as arguments behind the object or as --path")
    return (*paths, *more_paths)


*_most, _last = [f"{kind.replace('_', ' ')}s" for kind in ANY]
_HELP: Final = f"""
Upload, download, track and list artifacts, the files of {", ".join(_most)} and {_last}.

An object is the first argument, by its id or name, or --run, --experiment and so on; a model version is a --model
with a --version or --tag.
"""


@click.group(cls=ListingGroup, help=_HELP)
def artifacts() -> None:
    """Upload, download, track and list artifacts, the files of objects."""


@artifacts.command(epilog="Example: modelbox client artifacts upload --run RUN model.pt tokenizer/")
@_paths_options
@click.option("--artifact-path", help="The folder within the object that the files, and what folders hold, go to.")
@with_object()
def upload(client: ModelBox, *, object_id: str, artifact_path: str | None, **paths: tuple[str, ...]) -> None:
    """Upload files to an object; prints nothing but their ids, one a line."""
    to, given = client.object(object_id), _paths(**paths)
    with transfer_progress() as on_progress:
        uploaded = to.upload_artifact(given, artifact_path=artifact_path, on_progress=on_progress)
    for artifact in uploaded:
        click.echo(artifact.id)


@artifacts.command(epilog="Example: modelbox client artifacts track --run RUN s3://bucket/model.pt")
@_paths_options
@with_object()
def track(client: ModelBox, *, object_id: str, **paths: tuple[str, ...]) -> None:
    """Record where files of an object are, without uploading them; prints nothing but their ids, one a line."""
    for artifact in client.object(object_id).track_artifacts(_paths(**paths)):
        click.echo(artifact.id)


@artifacts.command(
    epilog="Example: modelbox client artifacts download --model wav2vec --tag production "
    "--artifact-path sub/model.joblib --dest ./downloads",
)
@click.option(
    "--artifact-path", default="", help="Only the file with this path in the object, or those in this folder of it."
)
@click.option(
    "--dest", "--path", "path", type=click.Path(path_type=Path), default=Path(), help="The folder to write into."
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there and differ.")
@click.option("--id", "ids", multiple=True, help="The object, or instead of one an artifact; of artifacts repeatable.")
@object_options(ANY, ("--parent-id",))
@with_client
def download(
    client: ModelBox, *, ids: tuple[str, ...], artifact_path: str, path: Path, overwrite: bool, **of: str
) -> None:
    """Download artifacts, verified: given by their ids, or all uploaded ones of an object, or one of them by its path.

    Prints nothing but where they are, one a line.
    """
    refuse_second(of, ids, remedy="the folder to write into is --dest")
    if len(ids) == 1 and kind_of(client, ids[0]) != "artifact":
        of["object_id"], ids = of["object_id"] or ids[0], ids if of["object_id"] else ()
    object_id = object_id_of(client, ANY, of)
    if ids and (artifact_path or object_id is not None):
        raise click.UsageError("give either the --id of artifacts, or an object and perhaps --artifact-path")
    if not ids and object_id is None:
        raise click.UsageError(choice_of(ANY))
    with transfer_progress() as on_progress:
        if object_id is None:
            whole = [whole_id(client, one, kind="artifact") for one in ids]
            places = client.download_artifacts(whole, path, overwrite=overwrite, on_progress=on_progress)
        else:
            places = client.object(object_id).download_artifacts(
                path, path=artifact_path, overwrite=overwrite, on_progress=on_progress
            )
    for place in places:
        click.echo(place)


@artifacts.command("list", epilog="Example: modelbox client artifacts list --model wav2vec --tag production")
@limit_option
@output_option
@with_object()
def list_artifacts(client: ModelBox, *, object_id: str, limit: int | None, output: str) -> None:
    """List the artifacts of an object, newest first."""
    found = client.object(object_id).artifacts(limit=limit)
    print_rows(rows_of(found), columns=_COLUMNS, output=output, what="artifacts")


COMMAND: Final = artifacts

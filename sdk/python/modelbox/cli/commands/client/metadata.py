"""`modelbox client metadata`."""

from typing import Any, Final

import click

from modelbox.cli.common import limit_option, output_option
from modelbox.cli.groups import ListingGroup
from modelbox.cli.keeping import with_reported_object
from modelbox.cli.output import json_text, print_object, print_rows
from modelbox.cli.pointing import with_object
from modelbox.cli.rows import rows_of
from modelbox.cli.values import read_value, read_values
from modelbox.client import ModelBox


@click.group(cls=ListingGroup)
def metadata() -> None:
    """List, write and delete the metadata of an object, and read its history."""


@metadata.command("list", epilog="Example: modelbox client metadata list --id ID --output json")
@output_option
@with_object()
def list_metadata(client: ModelBox, *, object_id: str, output: str) -> None:
    """Print all metadata of an object by key."""
    found = client.object(object_id).metadata()
    if output == "json":
        print_object(found, output=output)
        return
    rows = [{"key": key, "value": json_text(value)} for key, value in sorted(found.items())]
    print_rows(rows, columns=("key", "value"), output=output, what="metadata")


@metadata.command(epilog="Example: modelbox client metadata show --id ID hidden_layers")
@click.argument("key")
@with_object()
def show(client: ModelBox, *, object_id: str, key: str) -> None:
    """Print the value of one key, as JSON."""
    found = client.object(object_id).metadata()
    if key not in found:
        raise click.ClickException(f"key: the object has no metadata {key[:80]!r}")
    click.echo(json_text(found[key], indent=2))


@metadata.command(
    "set", epilog="""Example: modelbox client metadata set --id ID 'hidden_layers=[64, 32]' stage=final"""
)
@click.argument("values", nargs=-1, required=True, metavar="KEY=VALUE...")
@with_reported_object
def set_metadata(client: ModelBox, *, object_id: str, values: tuple[str, ...]) -> None:
    """Write keys. A VALUE is JSON; text that is no JSON is a string. Of a single key, KEY VALUE does too."""
    for key, value in _pairs(values).items():
        client.object(object_id).update_metadata(key, value)


def _pairs(values: tuple[str, ...]) -> dict[str, Any]:
    match values:
        case key, value if "=" not in key:
            return {key: read_value(value)}
        case key, value if "=" not in value:
            remedy = f"write KEY=VALUE of each, or {key.partition('=')[0][:80]} {value[:80]} for one key"
            raise click.UsageError(f"metadata: {value[:80]!r} is not KEY=VALUE, and a KEY has no '='; {remedy}")
        case _:
            return read_values(values, what="metadata")


@metadata.command("delete", epilog="Example: modelbox client metadata delete --id ID hidden_layers")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@with_reported_object
def delete_metadata(client: ModelBox, *, object_id: str, keys: tuple[str, ...]) -> None:
    """Delete keys. What they held stays in the history."""
    client.object(object_id).delete_metadata(*keys)


@metadata.command(epilog="Example: modelbox client metadata history --id ID hidden_layers")
@click.argument("key", default="")
@limit_option
@output_option
@with_object()
def history(client: ModelBox, *, object_id: str, key: str, limit: int | None, output: str) -> None:
    """Print every value that a key had, or that all keys had, newest first; also when one was deleted."""
    changes = client.object(object_id).metadata_history(key, limit=limit)
    print_rows(
        rows_of(changes),
        columns=("recorded_at", "position", "key", "value", "deleted", "actor"),
        output=output,
        what="changes",
    )


COMMAND: Final = metadata

"""`modelbox client metadata`."""

from pathlib import Path

import click

from modelbox.cli.common import Command, connected, connection_options, output_option
from modelbox.cli.output import json_text, print_object, print_rows
from modelbox.cli.values import read_value


def _object_option(command: Command) -> Command:
    return click.option("--id", "--parent-id", "object_id", required=True, help="The model or model version.")(command)


@click.group()
def metadata() -> None:
    """List and write the metadata of an object."""


@metadata.command("list", epilog="Example: modelbox client metadata list --id ID --output json")
@_object_option
@output_option
@connection_options
def list_metadata(*, object_id: str, output: str, server_addr: str, config_path: Path | None) -> None:
    """Print all metadata of an object by key."""
    with connected(server_addr, config_path) as client:
        found = client.object(object_id).metadata()
    if output == "json":
        print_object(found, output=output)
        return
    rows = [{"key": key, "value": json_text(value)} for key, value in sorted(found.items())]
    print_rows(rows, columns=("key", "value"), output=output)


@metadata.command("set", epilog="""Example: modelbox client metadata set --id ID hidden_layers '[64, 32]'""")
@_object_option
@click.argument("key")
@click.argument("value")
@connection_options
def set_metadata(*, object_id: str, key: str, value: str, server_addr: str, config_path: Path | None) -> None:
    """Write one key. VALUE is JSON; text that is no JSON is a string."""
    with connected(server_addr, config_path) as client:
        client.object(object_id).update_metadata(key, read_value(value))

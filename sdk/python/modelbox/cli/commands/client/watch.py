"""`modelbox client watch`."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import click

from modelbox.cli.common import connected, connection_options, line_output_option, namespace_option
from modelbox.cli.output import Row, json_text, shown
from modelbox.cli.rows import change_row
from modelbox.cli.values import read_time


@click.command(epilog="Example: modelbox client watch --namespace langtech --since 2030-01-31T12:00Z --output json")
@namespace_option
@click.option(
    "--since",
    metavar="TIME",
    callback=read_time,
    help="Begin with this time: seconds since the epoch or ISO 8601. Default: the beginning.",
)
@click.option("--after", default="", help="Begin after the change with this token.")
@click.option("--count", type=click.IntRange(min=1), help="End after so many changes.")
@line_output_option
@connection_options
def watch(
    *,
    namespace: str,
    since: float | None,
    after: str,
    count: int | None,
    output: str,
    server_addr: str,
    config_path: Path | None,
) -> None:
    """Print the changes of a namespace, one a line: those that were, then each as it happens."""
    with connected(server_addr, config_path) as client:
        client.models(namespace, limit=1)  # which warns about a namespace that holds nothing: it may be mistyped
        for change in islice(client.watch(namespace, since=since, after=after), count):
            row = change_row(change)
            click.echo(json_text(row) if output == "json" else _line(row))


def _line(row: Row) -> str:
    return "  ".join(
        (
            shown(row["recorded_at"]),
            f"{row['position']:>8}",
            f"{row['type']:<20}",
            f"{row['object_type']:<13}",
            row["object_id"],
            *_names(row),
        )
    )


def _names(row: Row) -> Iterator[str]:
    """Give what people call the object, which tag moved, and who did it."""
    if row["model"]:
        yield f"{shown(row['model'])} {shown(row['version'])}"
    if row["version_name"] not in {"", row["model"]}:
        yield shown(row["version_name"])
    if row["unique_tag"]:
        yield f"{shown(row['unique_tag'])} from {shown(row['from_version']) or 'no version'}"
    if row["actor"]:
        yield f"by {shown(row['actor'])}"


COMMAND: Final = watch

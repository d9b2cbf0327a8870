"""Metadata and files as a command line writes them."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def metadata_option(command: Command) -> Command:
    """Add `--metadata KEY=VALUE`, repeatable."""
    text = "Metadata; the value is JSON, and text that is no JSON is a string. Repeatable."
    return click.option("--metadata", multiple=True, metavar="KEY=VALUE", help=text)(command)


def track_option(command: Command) -> Command:
    """Add `--track PATH`, repeatable."""
    text = "A file to track: a path or URI. It is not uploaded. Repeatable."
    return click.option("--track", multiple=True, metavar="PATH", help=text)(command)


def read_metadata(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Return the metadata that `--metadata` options give.

    Raises:
        click.UsageError: One is not `KEY=VALUE`, or a key stands twice.
    """
    metadata: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise click.UsageError(f"metadata: {pair[:80]!r} is not KEY=VALUE")
        if key in metadata:
            raise click.UsageError(f"metadata: the key {key[:80]!r} stands twice")
        metadata[key] = read_value(value)
    return metadata


def read_value(text: str) -> Any:
    """Return the JSON value of a text, or the text itself if it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text

"""Metadata, labels, metrics, descriptions and files as a command line writes them."""

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
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


def label_option(command: Command) -> Command:
    """Add `--label NAME=VALUE`, repeatable."""
    text = "A label, such as env=prod. Repeatable."
    return click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help=text)(command)


def param_option(command: Command) -> Command:
    """Add `--param NAME=VALUE`, repeatable."""
    text = "A hyperparameter; the value is JSON, and text that is no JSON is a string. Repeatable."
    return click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help=text)(command)


class DescriptionCommand(click.Command):
    """A command whose `--description` takes all words up to the next option, quoted or not."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Join the words of the description before the options are read."""
        return super().parse_args(ctx, _joined(args, "--description"))


def _joined(args: list[str], option: str) -> list[str]:
    if option not in args[:-1]:
        return args
    start = args.index(option) + 1
    end = start + 1
    while end < len(args) and not args[end].startswith("-"):
        end += 1
    return [*args[:start], " ".join(args[start:end]), *args[end:]]


def read_pairs(pairs: tuple[str, ...], *, what: str) -> dict[str, str]:
    """Return what options of the form `KEY=VALUE` give.

    Raises:
        click.UsageError: One is not `KEY=VALUE`, or a key stands twice.
    """
    read: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise click.UsageError(f"{what}: {pair[:80]!r} is not KEY=VALUE")
        if key in read:
            raise click.UsageError(f"{what}: the key {key[:80]!r} stands twice")
        read[key] = value
    return read


def read_values(pairs: tuple[str, ...], *, what: str) -> dict[str, Any]:
    """Return what options of the form `KEY=VALUE` give whose values are JSON; see `read_pairs` and `read_value`."""
    return {key: read_value(value) for key, value in read_pairs(pairs, what=what).items()}


def read_value(text: str) -> Any:
    """Return the JSON value of a text, or the text itself if it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def read_time(_context: click.Context, _parameter: click.Parameter, value: str | None) -> float | None:
    """Return seconds since the epoch, from such a number or ISO 8601 (without a zone: UTC)."""
    if value is None:
        return None
    with contextlib.suppress(ValueError):
        return float(value)
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value[:80]!r} is neither seconds since the epoch nor ISO 8601") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()

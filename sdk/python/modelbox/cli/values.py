"""Metadata, labels, metrics, descriptions and files as a command line writes them."""

import contextlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

import click

from modelbox.cli.groups import ObjectCommand
from modelbox.transfer.tracking import TrackedFile

VALUES_HELP: Final = (
    "A value that reads back as it was written is JSON (5, 0.1, 1e-3, true, null, [1, 2]); any other is text "
    "(1.10, 12e4567). KEY:=JSON asks for JSON, so that version:=1.10 is a number. Repeatable."
)
"""How values on a command line are read."""

_INT_MAX: Final = 2**63 - 1
_SIGNED_EXPONENT: Final = re.compile(r"[eE][+-]")

Command = TypeVar("Command", bound=Callable[..., Any])


def metadata_option(command: Command) -> Command:
    """Add `--metadata KEY=VALUE`, repeatable."""
    text = f"Metadata. {VALUES_HELP}"
    return click.option("--metadata", multiple=True, metavar="KEY=VALUE", help=text)(command)


def track_option(command: Command) -> Command:
    """Add `--track PATH`, repeatable."""
    text = "A file to track: a path or URI. It is not uploaded. Repeatable."
    return click.option("--track", multiple=True, metavar="PATH", callback=_meant_to_track, help=text)(command)


def _meant_to_track(_context: click.Context, _parameter: click.Parameter, paths: tuple[str, ...]) -> list[TrackedFile]:
    return [TrackedFile(path) for path in paths]


def label_option(command: Command) -> Command:
    """Add `--label NAME=VALUE`, repeatable."""
    text = "A label, such as env=prod. Repeatable."
    return click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help=text)(command)


def param_option(command: Command) -> Command:
    """Add `--param NAME=VALUE`, repeatable."""
    text = f"A hyperparameter. {VALUES_HELP}"
    return click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help=text)(command)


class DescriptionCommand(ObjectCommand):
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
    """Return what options of the form `KEY=VALUE` or `KEY:=JSON` give; see `read_value`.

    Raises:
        click.UsageError: One is neither, a key stands twice, or what is to be JSON is none.
    """
    read: dict[str, Any] = {}
    for key, value in read_pairs(pairs, what=what).items():
        name = key.removesuffix(":")
        if name in read:
            raise click.UsageError(f"{what}: the key {name[:80]!r} stands twice")
        read[name] = read_value(value) if name == key or not name else _read_json(value, f"{what}: {name[:80]}")
    return read


def read_numbers(pairs: tuple[str, ...], *, what: str) -> dict[str, float]:
    """Return what arguments of the form `KEY=NUMBER` give; `nan` and `inf` are numbers. See `read_pairs`.

    Raises:
        click.UsageError: One is not `KEY=NUMBER`, or a key stands twice.
    """
    numbers = {}
    for key, text in read_pairs(pairs, what=what).items():
        try:
            numbers[key] = float(text)
        except ValueError:
            raise click.UsageError(f"{what}: {key[:80]}: {text[:80]!r} is not a number") from None
    return numbers


def read_value(text: str) -> Any:
    """Return the JSON value of a text that reads back as it was written, otherwise the text itself.

    So a commit `12e4567` stays what it is, and a version `1.10` too.
    """
    try:
        return json.loads(
            text,
            parse_int=_same_int,
            parse_float=_same_float,
            parse_constant=_no_constant,
            object_pairs_hook=_same_keys,
        )
    except (ValueError, RecursionError):
        return text


def _read_json(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{where}: {text[:80]!r} is not JSON: {error}") from None


def _same_int(text: str) -> int:
    number = int(text) if len(text) < len(str(_INT_MAX)) + 2 else _INT_MAX + 1
    if str(number) != text or abs(number) > _INT_MAX:
        raise ValueError(f"{text[:80]} does not read back")
    return number


def _same_float(text: str) -> float:
    # An exponent with a sign is nothing but a number's; without one it may be a part of a hash.
    number = float(text)
    is_same = repr(number) == text or (
        _SIGNED_EXPONENT.search(text) is not None and Decimal(repr(number)) == Decimal(text)
    )
    if not is_same:
        raise ValueError(f"{text[:80]} does not read back")
    return number


def _no_constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


def _same_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


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

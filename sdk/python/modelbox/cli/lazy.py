"""A group of commands that are imported when they are used, so that `modelbox --help` is fast.

Some live in packages whose dependencies may be missing; such a command says how to install them.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint
from pkgutil import iter_modules
from typing import Any, Final

import click

from modelbox.cli.groups import Group

_INSTALL: Final = "install it with: pip install 'modelbox[server]' (or 'modelbox[embedded]' to bring the servers along)"


def commands_in(package: str, path: Iterable[str]) -> dict[str, str]:
    """Return the commands of a package, by the names of its files; none is imported."""
    return {found.name.replace("_", "-"): f"{package}.{found.name}:COMMAND" for found in iter_modules(path)}


class LazyGroup(Group):
    """A group whose commands are named by where they are defined."""

    def __init__(self, *args: Any, lazy: Mapping[str, str], **kwargs: Any) -> None:
        """Take the commands: name to `module:attribute`."""
        super().__init__(*args, **kwargs)
        self.lazy: Final = dict(lazy)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, imported or not."""
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now if it has not been."""
        known = super().get_command(ctx, cmd_name)
        if known is not None or cmd_name not in self.lazy:
            return known
        command = _load(cmd_name, self.lazy[cmd_name])
        self.add_command(command, cmd_name)
        return command


def _load(name: str, place: str) -> click.Command:
    entry = EntryPoint(name=name, value=place, group="modelbox.commands")
    try:
        module = import_module(entry.module)
    except ModuleNotFoundError as error:
        return _missing(name, error.name or "a package")
    command = getattr(module, entry.attr)
    if not isinstance(command, click.Command):
        raise TypeError(f"{place} is no command")
    return command


def _missing(name: str, package: str) -> click.Command:
    """Return a command that says what to install, whatever it is asked."""

    @click.command(
        name,
        help=f"Needs the server's packages: {_INSTALL}.",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    )
    def missing() -> None:
        raise click.ClickException(f"modelbox {name} needs the package {package!r}; {_INSTALL}")

    return missing

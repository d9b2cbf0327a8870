"""The program `modelbox`: its groups of commands, found by name and loaded when used."""

from importlib.metadata import entry_points
from typing import Any, Final

import click

from modelbox.cli import commands
from modelbox.cli.lazy import LazyGroup, commands_in

EXIT_INTERRUPTED: Final = 130

_PROGRAM: Final = "modelbox"
_GROUP: Final = "modelbox.commands"


def _commands() -> dict[str, str]:
    """Return our own commands and those that installed packages add."""
    added = {entry.name: entry.value for entry in entry_points(group=_GROUP)}
    return added | commands_in(commands.__name__, commands.__path__)


class Program(LazyGroup):
    """The group of all commands: one that is interrupted says so by its exit code, whatever it was doing."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(EXIT_INTERRUPTED)


@click.command(
    cls=Program,
    lazy=_commands(),
    name=_PROGRAM,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 the server does not answer, 130 interrupted.",
)
@click.version_option(package_name="modelbox", prog_name=_PROGRAM)
def main() -> None:
    """ModelBox keeps the memory of machine-learning work."""


if __name__ == "__main__":
    main(prog_name=_PROGRAM)

"""Groups of commands, and commands about one object.

Must not know: any command.
"""

from difflib import get_close_matches
from typing import Any, Final

import click

_TYPED_WRONG: Final = 0.75
"""How like the name of a command a word must be to be meant for it, and not for an object, from 0 to 1."""


class ObjectArgument(click.Argument):
    """The object that a command is about, as its first argument; not where an option of `named_by` names it."""

    def __init__(self, name: str, *, named_by: frozenset[str], metavar: str) -> None:
        """Take the names of the parameters that name the object instead."""
        super().__init__([name], required=False, default="", metavar=metavar)
        self.named_by: Final = named_by

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Leave the arguments to the command's own where an option has named the object."""
        if not ctx.meta.get(_IS_NAMED):
            super().add_to_parser(parser, ctx)


_IS_NAMED: Final = f"{__name__}.is_named"


class ObjectCommand(click.Command):
    """A command whose first argument is the object that it is about, unless an option names that."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Have the object before the command's own arguments."""
        super().__init__(*args, **kwargs)
        self.params.sort(key=lambda param: not isinstance(param, ObjectArgument))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look first whether an option names the object: then all arguments are the command's own."""
        arguments = [param for param in self.params if isinstance(param, click.Argument)]
        match arguments:
            case [ObjectArgument(named_by=named_by), _, *_]:
                given, _, _ = self.make_parser(ctx).parse_args(list(args))
                ctx.meta[_IS_NAMED] = not named_by.isdisjoint(given)
            case _:
                pass
        return super().parse_args(ctx, args)


class Group(click.Group):
    """A group that tells which command was probably meant."""

    command_class = ObjectCommand

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names."""
        name = args[0]
        if not (ctx.resilient_parsing or name.startswith("-")) and self.get_command(ctx, name) is None:
            near = self._below(ctx, name) or get_close_matches(name, self.list_commands(ctx), n=1)
            ctx.fail(f"No such command {name[:80]!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def _below(self, ctx: click.Context, name: str) -> list[str]:
        """Return the groups of this one that have a command of this name, each followed by the name."""
        groups = ((one, self.get_command(ctx, one)) for one in self.list_commands(ctx))
        return [
            f"{one} {name}" for one, group in groups if isinstance(group, Group) and name in group.list_commands(ctx)
        ]


class ListingGroup(Group):
    """A group about one object whose command `list` may be left out: `metrics RUN`, `metrics --id ID`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put it there where no command comes first, nor what is probably one."""
        if args and args[0] not in ctx.help_option_names:
            near = get_close_matches(args[0], self.list_commands(ctx), n=1, cutoff=_TYPED_WRONG)
            if not near and self.get_command(ctx, args[0]) is None:
                args = ["list", *args]
        return super().parse_args(ctx, args)

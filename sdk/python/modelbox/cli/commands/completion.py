"""`modelbox completion`: the script that completes commands in a shell."""

from typing import Final

import click
from click.shell_completion import get_completion_class


@click.command(
    epilog="Example: modelbox completion bash >> ~/.bashrc",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes modelbox's commands in a shell."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"shell: {shell} is not known")
    root = click.get_current_context().find_root()
    click.echo(kind(root.command, {}, "modelbox", "_MODELBOX_COMPLETE").source())


COMMAND: Final = completion

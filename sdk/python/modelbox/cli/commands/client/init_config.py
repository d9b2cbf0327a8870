"""`modelbox client init-config`."""

from pathlib import Path
from typing import Final

import click

from modelbox.cli.common import reported
from modelbox.config import CONFIG_FILE, CONFIG_TEXT


@click.command("init-config", epilog="Example: modelbox client init-config --path ./modelbox_client.toml")
@click.option(
    "--path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=CONFIG_FILE,
    show_default=True,
    help="Where to write.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init_config(*, path: Path, force: bool) -> None:
    """Write the client's configuration file, with comments."""
    with reported():
        try:
            with path.open("w" if force else "x", encoding="utf-8") as file:
                file.write(CONFIG_TEXT)
        except FileExistsError:
            raise click.ClickException(f"path: {path} is there already; replace it with --force") from None
    click.echo(f"wrote {path}")


COMMAND: Final = init_config

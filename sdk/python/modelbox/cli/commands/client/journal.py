"""`modelbox client journal`."""

from dataclasses import asdict
from pathlib import Path
from time import time
from typing import Final

import click

from modelbox.cli.common import journal_settings, output_option, reported
from modelbox.cli.output import print_rows
from modelbox.errors import counted

_NEWS_S: Final = 86_400.0
"""For how long it is news that something was set aside, in seconds."""


@click.command(epilog="Example: modelbox client journal --output json")
@click.option("--config-path", type=click.Path(path_type=Path, dir_okay=False), help="The client's configuration file.")
@output_option
def journal(*, output: str, config_path: Path | None) -> None:
    """List the journals of this user, of all servers, and what waits in them; nothing is sent."""
    from modelbox.syncing import set_aside, waiting_journals

    with reported():
        settings = journal_settings(config_path)
        rows = [
            {**asdict(found), "path": str(found.path), "journal": found.path.name}
            for found in waiting_journals(settings)
        ]
        aside = set_aside(settings, since=time() - _NEWS_S)
    columns = ("journal", "server_addr", "points", "calls", "bytes", "in_use", "log", "created_at")
    print_rows(rows, columns=columns, output=output, what="journals")
    if aside.records:
        text = f"refused within the last day and set aside: {counted(aside.points, aside.calls)}"
        click.echo(f"{text}; see them with: modelbox client sync --refused --show", err=True)


COMMAND: Final = journal

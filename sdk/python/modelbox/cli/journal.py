"""`modelbox client sync` and `modelbox client journal`."""

from dataclasses import asdict
from pathlib import Path

import click

from modelbox.cli.common import TIMEOUT_S, connection_options, output_option, reported
from modelbox.cli.output import print_rows
from modelbox.config import resolve_address, resolve_journal
from modelbox.journal.folder import JournalSettings


@click.command(epilog="Example: modelbox client sync --server-addr localhost:8085")
@click.option("--written-for", default="", help="The address in the journals, if it was another.")
@output_option
@connection_options
def sync(*, written_for: str, output: str, server_addr: str, config_path: Path | None) -> None:
    """Send what programs logged while the server was away, and left in their journals when they ended.

    Each point and call is recorded once, however often it was sent. A journal that a running program still writes is
    left to it. Ends with exit code 1 if the server refused anything.
    """
    from modelbox.syncing import sync_journals

    with reported():
        address = resolve_address(server_addr, config_path=config_path)
        done = sync_journals(_settings(config_path), address, written_for=written_for, away_s_max=TIMEOUT_S)
    columns = ("journal", "points", "calls", "refused", "waiting")
    rows = [
        {
            "journal": sent.path.name,
            "points": sent.points,
            "calls": sent.calls,
            "refused": sent.refused,
            "waiting": sent.waiting,
            "damaged_bytes": sent.damaged_bytes,
            "problems": sent.problems,
        }
        for sent in done
    ]
    print_rows(rows, columns=columns, output=output)
    if any(sent.refused for sent in done):
        problems = "; ".join(problem for sent in done for problem in sent.problems)
        raise click.ClickException(f"the server refused {sum(sent.refused for sent in done)} of them: {problems}")


@click.command(epilog="Example: modelbox client journal --output json")
@click.option("--config-path", type=click.Path(path_type=Path, dir_okay=False), help="The client's configuration file.")
@output_option
def journal(*, output: str, config_path: Path | None) -> None:
    """List the journals of this user, of all servers, and what waits in them; nothing is sent."""
    from modelbox.syncing import waiting_journals

    with reported():
        rows = [
            {**asdict(found), "path": str(found.path), "journal": found.path.name}
            for found in waiting_journals(_settings(config_path))
        ]
    columns = ("journal", "server_addr", "points", "calls", "bytes", "in_use", "created_at")
    print_rows(rows, columns=columns, output=output)


def _settings(config_path: Path | None) -> JournalSettings:
    settings = resolve_journal(config_path=config_path)
    if settings is None:
        raise click.ClickException("there is no journal: MODELBOX_JOURNAL is off, or no home and no journal_dir is set")
    return settings

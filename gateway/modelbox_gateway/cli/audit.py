"""`modelbox audit`: check that the log is what was recorded."""

import asyncio
from pathlib import Path
from typing import Any

import click

from modelbox_gateway.cli.common import (
    config_path_option,
    dsn_of,
    examples,
    open_config,
    output_option,
    print_json,
    print_pairs,
    progress_bar,
    reported,
)


@click.group()
def audit() -> None:
    """Check that the log is what was recorded."""


@audit.command(
    epilog=examples("modelbox audit verify", "modelbox audit verify --from 1000 --to 2000 --output json"),
)
@config_path_option
@output_option
@click.option("--from", "first", default=1, show_default=True, type=click.IntRange(min=1), help="The first position.")
@click.option("--to", type=click.IntRange(min=0), help="The last position. Default: the log's end.")
def verify(config_path: Path | None, output: str, *, first: int, to: int | None) -> None:
    """Recompute the chain of hashes; exit code 1 names the first position that is not as it was recorded.

    With --from, the hash before that position is taken as given.
    """
    if to is not None and first > to + 1:
        raise click.UsageError(f"--from {first} is beyond --to {to}: there is nothing between them")
    with reported():
        facts = asyncio.run(_verify(dsn_of(open_config(config_path)), first=first, to=to))
        (print_json if output == "json" else print_pairs)(facts)
        if not facts["intact"]:
            raise click.ClickException(facts["problem"])


async def _verify(dsn: str, *, first: int, to: int | None) -> dict[str, Any]:
    from modelbox_events import Database, Position
    from modelbox_events.errors import LogCorruptedError
    from modelbox_events.read import Reader
    from modelbox_events.verify import RANGES_AT_ONCE
    from modelbox_events.verify import verify as recompute

    database = await Database.connect(dsn, pool_size=RANGES_AT_ONCE)
    try:
        head = await Reader(database).head()
        end = head.position if to is None else to
        if end > head.position or first > end + 1:
            beyond = f"the log ends at {head.position}, so nothing vouches for {first} to {end}"
            raise click.ClickException(f"{beyond}: if it once was longer, it lost its end")
        after = Position(first - 1)
        facts: dict[str, Any] = {"log_id": str(head.log_id), "from": first, "to": end, "intact": True}
        with progress_bar("events") as advance:
            done = 0

            def on_progress(events: int) -> None:
                nonlocal done
                done += events
                advance(done, end - after)

            try:
                found = await recompute(database, after=after, to=Position(end), on_progress=on_progress)
            except LogCorruptedError as error:
                return facts | {"intact": False, "bad_position": error.position, "problem": str(error)}
    finally:
        await database.close()
    facts |= {"to": found.to, "events": found.events, "hash": found.hash.hex()}
    if found.redacted:
        facts["redacted"] = [f"{redaction.position} by {redaction.by}" for redaction in found.redacted]
    return facts

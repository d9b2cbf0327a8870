"""`modelbox log`: where the log ends, what is in it, and what is done to it as a whole."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from modelbox_gateway.cli.common import (
    config_path_option,
    dsn_of,
    examples,
    open_config,
    output_option,
    print_json,
    print_pairs,
    print_table,
    reported,
)
from modelbox_gateway.cli.operations import OPERATIONS, epoch_facts

if TYPE_CHECKING:
    from modelbox_events import Database, RecordedEvent
    from modelbox_events.read import Reader

_WAIT_S: Final = 60.0
_DATA_COLUMNS: Final = 100
_LINES: Final = 10


@click.group()
def log() -> None:
    """Look at the log, and change it as a whole: fork it, correct its time, redact an event."""


for _operation in OPERATIONS:
    log.add_command(_operation)


@log.command(epilog=examples("modelbox log head", "modelbox log head --config-path modelbox.toml --output json"))
@config_path_option
@output_option
def head(config_path: Path | None, output: str) -> None:
    """Say where the log ends, and the hash of its chain there."""
    with reported():
        facts = asyncio.run(_head(dsn_of(open_config(config_path))))
        (print_json if output == "json" else print_pairs)(facts)


@log.command(
    epilog=examples(
        "modelbox log tail", "modelbox log tail --lines 100 --output json", "modelbox log tail --after 0 --follow"
    )
)
@config_path_option
@output_option
@click.option(
    "--lines", "-n", type=click.IntRange(min=0), help="Only so many events. Default: 10, or all with --after."
)
@click.option("--after", type=click.IntRange(min=0), help="Print the first events after this position, not the last.")
@click.option("--follow", "-f", is_flag=True, help="Go on with every event that is recorded, until Ctrl-C.")
def tail(config_path: Path | None, output: str, *, lines: int | None, after: int | None, follow: bool) -> None:
    """Print the log's last events, one a line; as JSON each line is one object.

    With --after and --lines, it ends after so many events.
    """
    with reported():
        dsn = dsn_of(open_config(config_path))
        asyncio.run(_tail(dsn, lines=lines, after=after, follow=follow, as_json=output == "json"))


@log.command(epilog=examples("modelbox log epochs", "modelbox log epochs --output json"))
@config_path_option
@output_option
def epochs(config_path: Path | None, output: str) -> None:
    """List the epochs of the log: one, and one more for each fork."""
    with reported():
        found = asyncio.run(_epochs(dsn_of(open_config(config_path))))
        if output == "json":
            print_json(found)
        else:
            print_table(list(found[0]), [list(epoch.values()) for epoch in found])


async def _epochs(dsn: str) -> list[dict[str, Any]]:
    from modelbox_events.epochs import load_epochs

    async with _reader(dsn) as (_, database), database.acquire() as connection:
        return [epoch_facts(epoch) for epoch in (await load_epochs(connection)).all]


async def _head(dsn: str) -> dict[str, Any]:
    async with _reader(dsn) as (reader, _):
        found = await reader.head()
    return {
        "log_id": str(found.log_id),
        "genesis": str(found.genesis),
        "format_level": found.format_level,
        "position": found.position,
        "hash": found.hash.hex(),
        "recorded_at": found.recorded_at.isoformat(),
    }


async def _tail(dsn: str, *, lines: int | None, after: int | None, follow: bool, as_json: bool) -> None:
    from modelbox_events import Head, Position
    from modelbox_events.limits import PAGE_EVENTS_MAX

    async with _reader(dsn) as (reader, database), asyncio.TaskGroup() as tasks:
        position = Position((await reader.head()).position)
        known = Head(position)
        following = tasks.create_task(known.follow(database)) if follow else None
        begin = max(0, position - (_LINES if lines is None else lines)) if after is None else after
        done, end = Position(begin), None if after is None or lines is None else after + lines
        while end is None or done < end:
            most = PAGE_EVENTS_MAX if end is None else min(PAGE_EVENTS_MAX, end - done)
            while most and (page := await reader.page(done, known.position, most)):
                for event in page:
                    click.echo(_as_json(event) if as_json else _as_line(event))
                done = page[-1].position
                most = most if end is None else min(most, end - done)
            if following is None or done == end:
                break
            await known.wait_beyond(done, timeout_s=_WAIT_S)
        if following is not None:
            following.cancel()


@contextlib.asynccontextmanager
async def _reader(dsn: str) -> AsyncIterator[tuple["Reader", "Database"]]:
    from modelbox_events import Database
    from modelbox_events.read import Reader

    database = await Database.connect(dsn, pool_size=1)
    try:
        yield Reader(database), database
    finally:
        await database.close()


def _as_line(event: "RecordedEvent") -> str:
    data = _data_of(event)
    text = json.dumps(data, ensure_ascii=False) if event.redacted_by is None else f"redacted by {event.redacted_by}"
    short = text if len(text) <= _DATA_COLUMNS else text[: _DATA_COLUMNS - 1] + "…"
    place = f"{event.namespace}/{event.stream_type}/{event.stream_id}@{event.version}"
    return f"{event.position:>8}  {event.recorded_at:%Y-%m-%d %H:%M:%S}  {event.type}  {place}  {short}"


def _as_json(event: "RecordedEvent") -> str:
    facts = {
        "position": event.position,
        "recorded_at": event.recorded_at.isoformat(),
        "type": event.type,
        "schema_version": event.schema_version,
        "namespace": event.namespace,
        "stream_type": event.stream_type,
        "stream_id": str(event.stream_id),
        "version": event.version,
        "event_id": str(event.event_id),
        "actor": event.actor,
        "hash": event.hash.hex(),
        "data": _data_of(event),
        "redacted_by": event.redacted_by,
    }
    return json.dumps(facts, ensure_ascii=False)


def _data_of(event: "RecordedEvent") -> Any:
    text = event.json
    return json.loads(text) if text is not None else None

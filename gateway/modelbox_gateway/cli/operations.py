"""Commands of `modelbox log` that change the log as a whole; each records why, in an event of its own.

They run as the owner of the log's tables, beside a running server or without one.
"""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from modelbox_gateway.cli.common import (
    ask,
    config_path_option,
    dsn_of,
    examples,
    hint,
    open_config,
    output_option,
    print_json,
    print_pairs,
    progress_bar,
    reported,
)

if TYPE_CHECKING:
    from modelbox_events import Epoch, RecordedEvent

reason_option = click.option("--reason", required=True, help="Why; it is recorded in the log, for everyone to read.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command(epilog=examples('modelbox log fork --reason "restored the backup of Monday"'))
@config_path_option
@output_option
@reason_option
@yes_option
def fork(config_path: Path | None, output: str, *, reason: str, yes: bool) -> None:
    """Give the log a new epoch, after a backup was restored or a copy of the database made.

    What others know of the log from after the restored moment is told from what comes now: the feed begins anew under
    the new epoch's id, and tokens from beyond it are refused, not misread. Nothing is deleted, and the chain goes on.
    """
    with reported():
        dsn = dsn_of(open_config(config_path))
        if not yes:
            ask("Followers of the feed have to follow the new one. Fork the log?")
        _print(asyncio.run(_fork(dsn, reason)), output)


@click.command(epilog=examples('modelbox log correct-clock --reason "the host was a day ahead until noon"'))
@config_path_option
@output_option
@reason_option
def correct_clock(config_path: Path | None, output: str, *, reason: str) -> None:
    """Set the log's time back to the clock, after a clock that was ahead left it in the future.

    An event records it. Times before and after it are searched apart; nothing that was recorded changes.
    """
    with reported():
        _print(asyncio.run(_correct_clock(dsn_of(open_config(config_path)), reason)), output)


@click.command(
    epilog=examples(
        'modelbox log redact 1204 --reason "a password was logged"',
        'modelbox log redact 1204 --reason "a password was logged" --yes --output json',
    )
)
@click.argument("position", type=click.IntRange(min=1))
@config_path_option
@output_option
@reason_option
@yes_option
def redact(position: int, config_path: Path | None, output: str, *, reason: str, yes: bool) -> None:
    """Take away what the event at POSITION says; `modelbox log tail` and `modelbox client watch` show positions.

    For a secret that was logged, or an erasure. All else about the event stays and still verifies; an event of its own
    says that it was redacted, and why. The views that showed it are rebuilt. It cannot be undone.

    Only what is logged on objects can be redacted: metrics, metadata, hyperparameters, events. What an object had
    before it counts again, such as an earlier value of a metadata key: redact every event that holds what is to go.
    """
    with reported():
        dsn = dsn_of(open_config(config_path))
        event = asyncio.run(_redactable(dsn, position))
        if not yes:
            again = "log again afterwards what of it was right"
            ask(f"What event {position} ({event}) says will be gone for ever; {again}. Redact it?")
        _print(asyncio.run(_redact(dsn, position, reason)), output)
        click.echo(
            f"The feed and backups until now still hold it; delete the backups, and: {hint('modelbox relay rebuild')}",
            err=True,
        )


_REBUILD_TIMEOUT_S: Final = 3_600.0
_KEYS_SHOWN: Final = 10

OPERATIONS: Final = (fork, correct_clock, redact)
"""The commands of this file."""


def epoch_facts(epoch: "Epoch") -> dict[str, Any]:
    """Return what is printed of an epoch."""
    return {
        "number": epoch.number,
        "log_id": str(epoch.log_id),
        "begins_after": epoch.begins_after,
        "begun_at": epoch.begun_at.isoformat(timespec="seconds"),
        "reason": epoch.reason,
    }


async def _fork(dsn: str, reason: str) -> dict[str, Any]:
    from modelbox_events.fork import fork as begin_epoch

    return epoch_facts(await begin_epoch(dsn, reason=reason))


async def _correct_clock(dsn: str, reason: str) -> dict[str, Any]:
    from modelbox_events.clock import correct_clock as begin_span

    ahead_until = await begin_span(dsn, reason=reason)
    return {"corrected": ahead_until is not None, "ahead_until": ahead_until.isoformat() if ahead_until else ""}


async def _redact(dsn: str, position: int, reason: str) -> dict[str, Any]:
    from modelbox_events import Log, Position
    from modelbox_events.redaction import redact as take_away
    from modelbox_projections import outdate, renew_outdated

    redaction = await take_away(dsn, Position(position), reason=reason, also=outdate)
    log = await Log.open(dsn, allow_unsafe=True, pool_size=2)
    try:
        with progress_bar("views") as advance:
            rebuilt = await renew_outdated(log, on_progress=advance, timeout_s=_REBUILD_TIMEOUT_S)
    finally:
        await log.close()
    return {
        "position": redaction.position,
        "redacted_by": redaction.by,
        "already_redacted": redaction.before,
        "views_rebuilt": rebuilt,
    }


async def _redactable(dsn: str, position: int) -> str:
    """Return the event in words, to ask about.

    Raises:
        InvalidEventError: There is none, or its type cannot be redacted.
    """
    from modelbox_events import Database, Position
    from modelbox_events.read import Reader
    from modelbox_events.redaction import refuse_other_types

    database = await Database.connect(dsn, pool_size=1)
    try:
        events = await Reader(database).page(Position(position - 1), Position(position), 1)
    finally:
        await database.close()
    refuse_other_types(Position(position), events[0].type if events else None)
    event = events[0]
    of = f"{event.stream_type} {event.stream_id} in {event.namespace}"
    return f"{event.type} of {of}, {event.recorded_at:%Y-%m-%d %H:%M}{_holds(event)}"


def _holds(event: "RecordedEvent") -> str:
    """Return how much an event says: with one wrong point go all others of its batch."""
    data: dict[str, Any] = json.loads(event.json or b"{}")
    if event.type == "MetricsLogged":
        points = sum(len(series["steps"]) for series in data.get("series", ()))
        return f": {points:,} points of {_named({str(series['key']) for series in data.get('series', ())})}"
    keys = {str(key) for value in data.values() if isinstance(value, dict) for key in value}
    return f": {_named(keys)}" if keys else ""


def _named(keys: set[str]) -> str:
    """Return the first of these keys, and how many more there are."""
    shown, more = sorted(keys)[:_KEYS_SHOWN], len(keys) - _KEYS_SHOWN
    return ", ".join(shown) + (f" and {more:,} more keys" if more > 0 else "")


def _print(facts: dict[str, Any], output: str) -> None:
    (print_json if output == "json" else print_pairs)(facts)

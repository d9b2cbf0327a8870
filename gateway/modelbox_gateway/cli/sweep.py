"""`modelbox server sweep-artifacts`: remove files that nothing names."""

import asyncio
import re
from datetime import timedelta
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
    print_table,
    reported,
)

if TYPE_CHECKING:
    from modelbox_gateway.blobs.sweep import Swept
    from modelbox_gateway.config import Config

OLDER_THAN_MIN: Final = timedelta(hours=1)
"""Less could meet an upload between its last byte and its event."""

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_MEANINGS: Final = {
    "set_aside": "no event names them: removed by a later sweep, unless somebody asks for them",
    "put_back": "were set aside, and an event names them now",
    "removed": "were set aside before",
    "uploads": "left by uploads that never ended",
}


def _time_span(_context: click.Context, _parameter: click.Parameter, text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})([mhd])", text)
    span = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta()
    if span < OLDER_THAN_MIN:
        raise click.BadParameter(f"{text!r} is not a time from one hour on, such as 90m, 24h or 7d")
    return span


@click.command(
    "sweep-artifacts",
    epilog=examples("modelbox server sweep-artifacts --dry-run", "modelbox server sweep-artifacts --older-than 7d"),
)
@click.option("--dry-run", is_flag=True, help="Count what would be done, and do nothing.")
@click.option(
    "--older-than", callback=_time_span, default="24h", show_default=True, help="Leave alone what is younger."
)
@config_path_option
@output_option
def sweep_artifacts(config_path: Path | None, output: str, older_than: timedelta, *, dry_run: bool) -> None:
    """Remove stored files that no event names, and what uploads left that never ended.

    Gateways do this every day by themselves. A file goes in two sweeps: the first sets it aside, a later one removes
    it. Safe while the service runs.
    """
    with reported():
        swept = asyncio.run(_sweep(open_config(config_path), older_than, dry_run=dry_run))
        rows = _rows(swept)
        if output == "json":
            print_json({row["what"]: {"files": row["files"], "bytes": row["bytes"]} for row in rows})
        else:
            print_table(list(rows[0]), [list(row.values()) for row in rows])


def _rows(swept: "Swept") -> list[dict[str, Any]]:
    counts = {name: getattr(swept, name) for name in _MEANINGS}
    return [
        {"what": name, "files": count.number, "bytes": count.bytes, "meaning": _MEANINGS[name]}
        for name, count in counts.items()
    ]


async def _sweep(config: "Config", older_than: timedelta, *, dry_run: bool) -> "Swept":
    from modelbox_events import Log
    from modelbox_gateway.backing import open_blobs
    from modelbox_gateway.blobs.sweep import Sweep
    from modelbox_gateway.errors import BlobStoreRefusedError, BlobStoreUnavailableError
    from modelbox_gateway.operator_errors import ArtifactStorageError
    from modelbox_gateway.sweeping import NamedBlobs
    from modelbox_projections import Cursors, Views

    # The server that writes decides whether its Postgres is safe enough; what runs here only reads the log.
    log = await Log.open(dsn_of(config), allow_unsafe=True, pool_size=2)
    try:
        blobs, claim = await open_blobs(config, log, dry_run=dry_run)
        try:
            named = NamedBlobs(log, Views(log.database), Cursors(log))
            return await Sweep(blobs, named, claim.check, older_than=older_than, dry_run=dry_run).run()
        except (BlobStoreRefusedError, BlobStoreUnavailableError) as error:
            raise ArtifactStorageError(f"{error.problem}; what was done stays done, so sweep again later") from error
        finally:
            await blobs.close()
    finally:
        await log.close()

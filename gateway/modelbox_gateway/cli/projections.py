"""`modelbox projections`: how far the views are, fold them anew, check them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelbox_gateway.cli.common import (
    config_path_option,
    dsn_of,
    examples,
    health_of,
    hint,
    open_config,
    output_option,
    print_json,
    print_table,
    progress_bar,
    reported,
)
from modelbox_gateway.config import Config
from modelbox_gateway.health import STUCK

if TYPE_CHECKING:
    from modelbox_events import Log

names_argument = click.argument("names", nargs=-1, metavar="[NAME]...")


@click.group()
def projections() -> None:
    """Look at the views that queries read, fold them anew, check them."""


@projections.command("list", epilog=examples("modelbox projections list", "modelbox projections list --output json"))
@config_path_option
@output_option
def list_command(config_path: Path | None, output: str) -> None:
    """List every view: how far it is, and what paused it if something did."""
    with reported():
        config = open_config(config_path)
        rows = asyncio.run(_list(dsn_of(config)))
        if reason := _stuck(config):
            rows = [row if row["error"] else row | {"status": STUCK, "error": reason} for row in rows]
        _print(rows, output)


@projections.command(epilog=examples("modelbox projections rebuild", "modelbox projections rebuild metrics models"))
@names_argument
@config_path_option
@output_option
def rebuild(names: tuple[str, ...], config_path: Path | None, output: str) -> None:
    """Fold the whole log anew beside the views and put the result in their place; all views, or those named.

    Readers see complete views all the time. A rebuild that was killed goes on where it stopped.
    """
    with reported():
        rows = asyncio.run(_rebuild(dsn_of(open_config(config_path)), names))
        _print(rows, output)


@projections.command(
    epilog=examples("modelbox projections verify", "modelbox projections verify metrics --output json")
)
@names_argument
@config_path_option
@output_option
def verify(names: tuple[str, ...], config_path: Path | None, output: str) -> None:
    """Fold the log anew in a place that nobody sees and compare; exit code 1 when a view differs."""
    with reported():
        rows = asyncio.run(_verify(dsn_of(open_config(config_path)), names))
        _print(rows, output)
        different = [row["name"] for row in rows if not row["equal"]]
        if different:
            remedy = hint(f"fold anew: modelbox projections rebuild {' '.join(different)}")
            raise click.ClickException(f"what the log says differs from: {', '.join(different)}; {remedy}")


async def _list(dsn: str) -> list[dict[str, Any]]:
    from modelbox_projections import list_states

    async with _log(dsn) as log:
        head = (await log.read_head()).position
        return [
            {
                "name": state.name,
                "generation": state.generation,
                "role": str(state.role),
                "status": str(state.status),
                "position": state.position,
                "lag_events": head - state.position,
                "updated_at": state.updated_at.isoformat(timespec="seconds"),
                "error": f"at position {state.error_position}: {state.error}" if state.error else "",
            }
            for state in await list_states(log)
        ]


async def _rebuild(dsn: str, names: Sequence[str]) -> list[dict[str, Any]]:
    from modelbox_projections import rebuild as fold_anew

    rows = []
    async with _log(dsn) as log:
        for name in names or _all_names():
            with progress_bar(name) as advance:
                state = await fold_anew(log, name, on_progress=advance)
            rows.append({"name": name, "generation": state.generation, "position": state.position})
    return rows


async def _verify(dsn: str, names: Sequence[str]) -> list[dict[str, Any]]:
    from modelbox_projections import verify as fold_and_compare

    rows = []
    async with _log(dsn) as log:
        for name in names or _all_names():
            with progress_bar(name) as advance:
                found = await fold_and_compare(log, name, on_progress=advance)
            rows.append({"name": name, "equal": found.equal, "position": found.position, "rows": found.rows})
    return rows


def _stuck(config: Config) -> str:
    """Return why the server of this configuration writes no view, as it says itself; empty where it does, or is none.

    What cannot be written does not say so in the database.
    """
    part = health_of(config).get("parts", {}).get("projections", {})
    return str(part.get("reason")) if part.get("state") == STUCK else ""


@contextlib.asynccontextmanager
async def _log(dsn: str) -> AsyncIterator["Log"]:
    from modelbox_events import Log

    # The server that writes decides whether its Postgres is safe enough; what runs here only reads the log.
    log = await Log.open(dsn, allow_unsafe=True, pool_size=2)
    try:
        yield log
    finally:
        await log.close()


def _all_names() -> list[str]:
    from modelbox_projections import PROJECTIONS

    return list(PROJECTIONS)


def _print(rows: Sequence[Mapping[str, object]], output: str) -> None:
    if output == "json":
        print_json(rows)
    elif rows:
        print_table(list(rows[0]), [list(row.values()) for row in rows])

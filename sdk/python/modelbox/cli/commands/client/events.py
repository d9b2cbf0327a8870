"""`modelbox client events`: what users log on objects. The changes of objects are `modelbox client watch`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import click

from modelbox.cli.common import limit_option, output_option
from modelbox.cli.groups import ListingGroup
from modelbox.cli.keeping import with_reported_object
from modelbox.cli.output import Row, print_rows
from modelbox.cli.pointing import with_object
from modelbox.cli.values import metadata_option, read_time, read_values
from modelbox.client import ModelBox
from modelbox.logged_events import Event

_COLUMNS = ("wallclock_time", "name", "source", "metadata")


@click.group(cls=ListingGroup)
def events() -> None:
    """Log events on objects, and list them."""


@events.command(
    "log", epilog="Example: modelbox client events log --id ID --name deployed --source ci --metadata to=eu"
)
@click.option("--name", required=True, help="What happened.")
@click.option("--source", default="", help="Who reports it.")
@click.option("--wallclock", "--time", "wallclock", callback=read_time, metavar="TIME", help="When. Default: now.")
@metadata_option
@with_reported_object
def log_event(
    client: ModelBox,
    *,
    object_id: str,
    name: str,
    source: str,
    wallclock: float | None,
    metadata: tuple[str, ...],
) -> None:
    """Log an event on an object; an equal one, with the same time, is kept once."""
    about = read_values(metadata, what="metadata")
    client.object(object_id).log_event(name, source=source, wallclock=wallclock, metadata=about)


@events.command("list", epilog="Example: modelbox client events list --id ID --since 2030-01-31T12:00Z")
@click.option("--since", callback=read_time, metavar="TIME", help="Only events of this time or later.")
@limit_option
@output_option
@with_object()
def list_events(client: ModelBox, *, object_id: str, since: float | None, limit: int | None, output: str) -> None:
    """List the events logged on an object, by their time."""
    logged = client.object(object_id).events(since, limit=limit)
    print_rows(_rows(logged), columns=_COLUMNS, output=output, what="events")


def _rows(logged: Iterable[Event]) -> Iterable[Row]:
    for event in logged:
        wallclock = event.wallclock_time
        time = datetime.fromtimestamp(wallclock, UTC) if isinstance(wallclock, float) else wallclock
        yield {
            "id": event.id,
            "name": event.name,
            "source": event.source.name,
            "wallclock_time": time,
            "metadata": event.metadata,
        }


COMMAND: Final = events

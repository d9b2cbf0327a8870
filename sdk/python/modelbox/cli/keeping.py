"""Commands that report, from a script: while the server is away, what they say is kept in the journal.

Must not know: any command.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from modelbox.cli.common import UnavailableFailure, connected, connection_options, reported
from modelbox.cli.pointing import ANY, choice_of, known_id_of, object_id_of, object_options, params_of
from modelbox.client import ModelBox
from modelbox.config import resolve_journal
from modelbox.errors import OverloadedError, UnavailableError, counted


class AwayBox(ModelBox):
    """A client that keeps what it is told, for its server is away: it has nothing to read."""


def with_reported_object(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what `with_object` does; with an `AwayBox` while the server is away, if there is a journal."""

    @object_options(ANY, ("--id", "--parent-id"))
    @connection_options
    @functools.wraps(command)
    def run(*, server_addr: str, config_path: Path | None, **of: Any) -> None:
        given = {name: of.pop(name) for name in params_of(ANY)}
        with connected(server_addr, config_path) as client:
            away = _why_away(client)
            if away is None:
                command(client, object_id=_named(object_id_of(client, ANY, given)), **of)
                return
            if resolve_journal(config_path=config_path) is None:
                raise away
        # The client's end says in one line what is kept, where, why, and what sends it.
        with reported(without={"reachability"}), AwayBox(server_addr, config_path=config_path) as client:
            command(client, object_id=_known_id(client, given, away), **of)
        became = client.delivery()
        if became.dropped or became.dropped_calls:
            raise UnavailableFailure(f"{away}; what was reported could not be kept either")
        if became.left_out:
            raise click.ClickException("not all that was reported could be kept")

    return run


def tell_what_waits(client: ModelBox, object_id: str) -> None:
    """Say what of an object is still in journals of this machine that nobody sends: it is missing in what is read."""
    from modelbox.syncing import left_of

    settings = resolve_journal()
    if settings is None:
        return
    try:
        left = left_of(settings, client.address, object_id)
    except OSError:
        return  # sent, or taken over, at this moment; and what is asked for is something else
    if left.records:
        what = counted(left.points, left.calls)
        click.echo(f"of this object {what} wait here, not sent yet; send them with: modelbox client sync", err=True)


def _why_away(client: ModelBox) -> UnavailableError | None:
    """Ask the server something harmless; return why it does not answer, None if it does."""
    try:
        client.cluster_members()
    except OverloadedError:
        return None
    except UnavailableError as error:
        return error
    return None


def _known_id(client: ModelBox, given: Mapping[str, str], away: UnavailableError) -> str:
    if not any(given.values()):
        raise click.UsageError(choice_of(ANY))
    found = known_id_of(client, given)
    if not found:
        remedy = "the object cannot be found; give --id with the whole id"
        raise UnavailableFailure(f"{away}; nothing is kept: without the server {remedy}")
    return found


def _named(object_id: str | None) -> str:
    if object_id is None:
        raise click.UsageError(choice_of(ANY))
    return object_id

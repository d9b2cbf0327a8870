"""`modelbox relay`: how far the feed is, what is wrong with it, and making it anew."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from modelbox_gateway.cli.common import (
    ask,
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
from modelbox_gateway.config import Config

if TYPE_CHECKING:
    from modelbox_events import Log
    from modelbox_events.feed import Relay

_POLL_INTERVAL_S: Final = 0.1


@click.group()
def relay() -> None:
    """Look at the feed that followers read, and make it anew."""


@relay.command(
    epilog=examples("modelbox relay status", "modelbox relay status --config-path modelbox.toml --output json")
)
@config_path_option
@output_option
def status(config_path: Path | None, output: str) -> None:
    """Say how far the feed is behind the log, and what is wrong; exit code 1 when something is.

    It looks for itself, so it also answers while the relay of the server is halted or does not run.
    """
    with reported():
        config = open_config(config_path)
        facts = asyncio.run(_status(config, dsn_of(config)))
        shown = {name: "" if value is None else value for name, value in facts.items()}
        print_json(facts) if output == "json" else print_pairs(shown)
        if facts["trouble"]:
            raise click.ClickException(f"the feed is {facts['state']}: {facts['problem']}")


@relay.command(epilog=examples("modelbox relay rebuild", "modelbox relay rebuild --yes --output json"))
@config_path_option
@output_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--take-over", is_flag=True, help="Retire another feed that takes this one's subjects.")
def rebuild(config_path: Path | None, output: str, *, yes: bool, take_over: bool) -> None:
    """Delete the feed and fill it again from the log, which lacks nothing.

    Calls go on meanwhile. Followers wait until the feed has come to where they were; durable consumers go on after what
    they acknowledged, and may get again what they acknowledged out of order. The server need not be stopped; killed
    half-way, the server finishes it.

    With --take-over, a feed of another epoch or another log that takes the subjects makes room: it gets nothing more
    and keeps its messages. Streams that are no feeds (MODELBOX_…) are never touched.
    """
    with reported():
        config = open_config(config_path)
        dsn = dsn_of(config)
        holder = asyncio.run(_holder(config, dsn)) if take_over else None
        if not yes:
            question = "Delete the feed and fill it again from the log?"
            if holder:
                question = f"Retire stream {holder}, which gets nothing more and keeps its messages? {question}"
            ask(question)
        facts = asyncio.run(_rebuild(config, dsn, take_over=holder))
        (print_json if output == "json" else print_pairs)(facts)


async def _status(config: Config, dsn: str) -> dict[str, Any]:
    from modelbox_events.feed import look

    servers, credentials = _nats_of(config)
    async with _log(dsn) as log:
        return msgspec.structs.asdict(await look(log, servers, credentials=credentials, alone=_is_alone(config)))


async def _holder(config: Config, dsn: str) -> str | None:
    """Return the feed in this feed's way, if there is one.

    Raises:
        FeedTakenError: What is in its way is no feed.
    """
    from modelbox_events import FeedTakenError
    from modelbox_events.feed import is_feed_name

    async with _log(dsn) as log:
        with _told():
            relay = _relay_of(config, log)
            holder = await relay.holder()
        if holder is not None and not is_feed_name(holder):
            raise FeedTakenError(relay.stream, holder)
        return holder


async def _rebuild(config: Config, dsn: str, *, take_over: str | None) -> dict[str, Any]:
    async with _log(dsn) as log:
        relay = _relay_of(config, log)
        with _told():
            consumers = await relay.rebuild(take_over=take_over)
        head = (await log.read_head()).position
        # This relay stands by where the server's has the turn, and else fills the feed itself.
        relaying = asyncio.create_task(relay.run(), name="relay")
        try:
            await _until(relay, head)
        finally:
            relaying.cancel()
            await asyncio.gather(relaying, return_exceptions=True)
    facts = {"stream": relay.stream, "position": head, "consumers": consumers}
    return facts | {"retired": take_over} if take_over else facts


async def _until(relay: "Relay", head: int) -> None:
    """Wait until the feed has come to a position, and show how far it is."""
    with progress_bar("feed") as advance:
        while (found := relay.status).position < head:
            if found.state == "halted":
                raise click.ClickException(f"the feed cannot be filled: {found.problem}")
            advance(found.position, head)
            await asyncio.sleep(_POLL_INTERVAL_S)


def _relay_of(config: Config, log: "Log") -> "Relay":
    """Return a relay of the log, as the server's own is."""
    from modelbox_events.feed import Relay

    servers, credentials = _nats_of(config)
    replicas = config.change_stream_nats.replicas
    return Relay(log, servers, credentials=credentials, replicas=replicas, alone=_is_alone(config))


def _is_alone(config: Config) -> bool:
    """Return whether only this server's feed can be in its NATS."""
    return config.change_stream == "integrated"


def _nats_of(config: Config) -> tuple[tuple[str, ...], Path | None]:
    """Return the servers of a configuration, and the credentials file if there is one."""
    from modelbox_gateway.embedded.nats import relay_url

    if config.change_stream == "integrated":
        return (relay_url(config.data_folder / "nats"),), None
    settings = config.change_stream_nats
    return settings.servers, Path(settings.credentials) if settings.credentials else None


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """End the command with one line when NATS is the trouble."""
    from nats.errors import Error as NatsError

    try:
        yield
    except (NatsError, OSError, TimeoutError) as error:
        raise click.ClickException(
            f"NATS does not answer: {str(error) or type(error).__name__}; is the server up?"
        ) from error


@contextlib.asynccontextmanager
async def _log(dsn: str) -> AsyncIterator["Log"]:
    from modelbox_events import Log

    # The server that writes decides whether its Postgres is safe enough; what runs here only reads the log.
    log = await Log.open(dsn, allow_unsafe=True, pool_size=2)
    try:
        yield log
    finally:
        await log.close()

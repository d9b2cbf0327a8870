"""`modelbox server`: write a configuration, run the service, say where it answers."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from modelbox_gateway.cli.common import (
    config_path_option,
    examples,
    open_config,
    output_option,
    print_json,
    print_pairs,
    reported,
)
from modelbox_gateway.cli.sweep import sweep_artifacts
from modelbox_gateway.config import ALL_ROLES, DEFAULT_PATH, PORT_MAX, Address, Role, default_file, load
from modelbox_gateway.masking import masked
from modelbox_gateway.operator_errors import LogFileError
from modelbox_gateway.runfile import RunFile, read_run_file

_GRPC: Final = {
    # uvloop forks, and what gRPC does at a fork ends one child in ten of a busy server before it has become an embedded
    # server; see embedded/launch.py.
    "GRPC_ENABLE_FORK_SUPPORT": "0",
    # Its core writes lines of its own to standard error, past our log; what matters of it comes back as an error.
    "GRPC_VERBOSITY": "NONE",
}
_FILE_MODE = 0o600  # it is the place for the database's password


@click.group()
def server() -> None:
    """Run a ModelBox server and look at it."""


server.add_command(sweep_artifacts)


@server.command(
    "init-config",
    epilog=examples("modelbox server init-config", "modelbox server init-config --path /etc/modelbox/modelbox.toml"),
)
@click.option("--path", type=click.Path(path_type=Path, dir_okay=False), default=DEFAULT_PATH, show_default=True)
@click.option("--force", is_flag=True, help="Overwrite a file that exists.")
def init_config(path: Path, *, force: bool) -> None:
    """Write the commented configuration file: every key with its default."""
    how = os.O_TRUNC if force else os.O_EXCL
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | how | os.O_CLOEXEC, _FILE_MODE)
        with os.fdopen(file, "w", encoding="utf-8") as output:
            output.write(default_file())
    except FileExistsError as error:
        raise click.ClickException(f"{path} exists; add --force to overwrite it, or choose another --path") from error
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}; choose another --path") from error
    click.echo(f"wrote {path}")


@server.command(
    epilog=examples(
        "modelbox server start",
        "modelbox server start --port 9000 --data-dir ./another",
        "modelbox server start --config-path modelbox.toml",
        "modelbox server start --config-path modelbox.toml --role relay --role projections",
        "modelbox server start --config-path blobs.toml --role blobs",
    )
)
@config_path_option
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([*(role.value for role in Role), "all"]),
    default=["all"],
    show_default=True,
    help="The part to run; give it several times for several parts. `blobs` carries files beside gateways, and is not "
    "part of `all`: a gateway carries files too.",
)
@click.option(
    "--port",
    type=click.IntRange(0, PORT_MAX),
    help="Where gRPC listens; HTTP and the metrics take the two ports after it. 0 takes free ones. Default: as "
    "configured, else 8085, 8080 and 2112.",
)
def start(config_path: Path | None, roles: tuple[str, ...], *, port: int | None) -> None:
    """Run the service until SIGTERM or Ctrl-C. SIGHUP opens its log file anew and reads log_level again.

    Without a configuration it starts a Postgres and a nats-server of its own under ./modelbox-data.
    """
    _set_up_grpc()
    with reported():
        from modelbox_gateway.logging import configure
        from modelbox_gateway.reloading import Reloading
        from modelbox_gateway.server import run

        environment = _environment(config_path, port)
        config = load(config_path, environment)
        try:
            logging = configure(config.log_format, config.log_level, file=config.log_path)
        except OSError as error:
            raise LogFileError(Path(config.log_file), error.strerror or str(error)) from error
        reloading = Reloading(config, logging, read=lambda: load(config_path, environment))
        wanted = ALL_ROLES if "all" in roles else frozenset(Role(role) for role in roles)
        try:
            run(config, wanted, reload=reloading.reload)
        except asyncio.CancelledError:
            raise click.ClickException("stopped before everything was finished: a second signal came") from None


def _environment(config_path: Path | None, port: int | None) -> Mapping[str, str]:
    """Return the environment with the addresses that `--port` says, which wins over it."""
    if port is None:
        return os.environ
    configured = load(config_path)
    addresses = {}
    for number, key in enumerate(("listen_addr", "http_listen_addr", "prometheus_addr")):
        host = Address.parse(getattr(configured, key)).host
        addresses[f"MODELBOX_{key.upper()}"] = str(Address(host, port and port + number))
    return {**os.environ, **addresses}


def _set_up_grpc() -> None:
    """Set what gRPC reads when it is imported: begin this process anew where it is imported already, with the SDK."""
    wanted = {name: value for name, value in _GRPC.items() if name not in os.environ}
    os.environ |= wanted
    if wanted and "grpc" in sys.modules and Path(sys.argv[0]).stem == "modelbox":
        # Where the interpreter may not be executed again, gRPC is as it comes.
        with contextlib.suppress(OSError):
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # as it was begun, no shell


@server.command(
    epilog=examples("modelbox server info", "modelbox server info --config-path modelbox.toml --output json")
)
@config_path_option
@output_option
@click.option("--show-secrets", is_flag=True, help="Print passwords too, such as that of postgres_dsn.")
def info(config_path: Path | None, output: str, *, show_secrets: bool) -> None:
    """Say where the running server of a configuration answers, and how far its log is."""
    with reported():
        config = open_config(config_path)
        facts = asyncio.run(_facts(read_run_file(config.data_folder)))
        if not show_secrets:
            facts = {name: masked(value) if isinstance(value, str) else value for name, value in facts.items()}
        (print_json if output == "json" else print_pairs)(facts)


async def _facts(run_file: RunFile) -> dict[str, Any]:
    from modelbox_events import Database
    from modelbox_events.read import Reader

    database = await Database.connect(run_file.postgres_dsn, pool_size=1)
    try:
        head = await Reader(database).head()
    finally:
        await database.close()
    return msgspec.structs.asdict(run_file) | {"log_id": str(head.log_id), "position": head.position}

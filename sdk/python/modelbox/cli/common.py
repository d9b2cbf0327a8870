"""What the client's commands share: options, the connection, and errors as one line.

Must not know: any command.
"""

import contextlib
import functools
import logging
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from modelbox.cli.naming import resolved
from modelbox.client import ModelBox
from modelbox.config import resolve_journal
from modelbox.enums import MLFramework
from modelbox.errors import ModelBoxError, UnavailableError
from modelbox.journal.folder import JournalSettings

Command = TypeVar("Command", bound=Callable[..., Any])

TIMEOUT_S: Final = 10.0
"""How long one call of a command may take, in seconds: somebody is waiting."""

REFUSED_TIMEOUT_S: Final = 2.0
"""How long it goes on where nothing listens, in seconds: a server that is restarted listens again by then."""

EXIT_UNAVAILABLE: Final = 3

ID_ALONE: Final = "id"
"""How a command prints what it created where `--quiet` is given."""


class UnavailableFailure(click.ClickException):
    """The server does not answer."""

    exit_code = EXIT_UNAVAILABLE


class _ToStandardError(logging.Handler):
    """Prints what the client warns about, a line each, and the same once."""

    def __init__(self, without: Collection[str]) -> None:
        """Have printed nothing yet; what these modules warn about is left out."""
        super().__init__(logging.WARNING)
        self._without: Final = without
        self._printed: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print one warning."""
        message = record.getMessage()
        if message not in self._printed and record.module not in self._without:
            self._printed.add(message)
            click.echo(f"Warning: {message}", err=True)


@contextlib.contextmanager
def _warned(without: Collection[str]) -> Iterator[None]:
    """Print what the client warns about on standard error, such as what a search did not find."""
    logger, handler = logging.getLogger("modelbox"), _ToStandardError(without)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextlib.contextmanager
def reported(*, without: Collection[str] = ()) -> Iterator[None]:
    """End the command with one line on standard error and its exit code when the client or a file fails.

    Args:
        without: Modules of the client whose warnings are not printed.
    """
    try:
        with _warned(without):
            yield
    except UnavailableError as error:
        raise UnavailableFailure(str(error)) from error
    except ModelBoxError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # The reader of a pipe has gone: click ends quietly.
            raise
        place = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{place}{error.strerror or error}") from error


@contextlib.contextmanager
def connected(server_addr: str, config_path: Path | None) -> Iterator[ModelBox]:
    """Give a client, and report what it raises."""
    with reported():
        # Nothing waits in the background: what a command did is answered before it says that it is done.
        client = ModelBox(
            server_addr,
            timeout_s=TIMEOUT_S,
            background=False,
            config_path=config_path,
            refused_timeout_s=REFUSED_TIMEOUT_S,
        )
        with client:
            yield client


def with_client(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a client as its first argument, with the options that say where the server is."""

    @connection_options
    @functools.wraps(command)
    def run(*, server_addr: str, config_path: Path | None, **of: Any) -> None:
        with connected(server_addr, config_path) as client:
            where = of.get("namespace") or ""
            command(client, **{name: resolved(client, value, namespace=where) for name, value in of.items()})

    return run


def journal_settings(config_path: Path | None) -> JournalSettings:
    """Return where journals are kept.

    Raises:
        click.ClickException: They are kept nowhere.
    """
    settings = resolve_journal(config_path=config_path)
    if settings is None:
        raise click.ClickException("there is no journal: MODELBOX_JOURNAL is off, or no home and no journal_dir is set")
    return settings


def connection_options(command: Command) -> Command:
    """Add `--server-addr` and `--config-path`."""
    path = click.Path(path_type=Path, dir_okay=False)
    config_help = "The client's configuration file. Default: ./modelbox_client.toml where it exists."
    addr_help = "The server, host:port. Default: MODELBOX_API_ADDR, then the configuration, then localhost:8085."
    command = click.option("--config-path", type=path, help=config_help)(command)
    return click.option("--server-addr", default="", help=addr_help)(command)


def output_option(command: Command) -> Command:
    """Add `--output table|json|csv|markdown`."""
    return _output_option(command, ["table", "json", "csv", "markdown"])


def created_output_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--output`, and `--quiet`, which makes it `ID_ALONE`: of a command that prints what it created."""

    @output_option
    @click.option("--quiet", "-q", is_flag=True, help="Print nothing but the id, for scripts: RUN=$(... -q).")
    @functools.wraps(command)
    def run(*, output: str, quiet: bool, **of: Any) -> None:
        command(output=ID_ALONE if quiet else output, **of)

    return run


def line_output_option(command: Command) -> Command:
    """Add `--output table|json`, of a command that prints what comes as it comes."""
    return _output_option(command, ["table", "json"])


def _output_option(command: Command, kinds: list[str]) -> Command:
    kind = click.Choice(kinds)
    return click.option("--output", type=kind, default="table", show_default=True, help="How to print.")(command)


def limit_option(command: Command) -> Command:
    """Add `--limit`."""
    return click.option("--limit", type=click.IntRange(min=1), help="Print at most so many. Default: all.")(command)


def namespace_option(command: Command) -> Command:
    """Add `--namespace`."""
    text = "The namespace. Default: MODELBOX_NAMESPACE, then the configuration, then default."
    return click.option("--namespace", default="", help=text)(command)


def list_options(command: Command) -> Command:
    """Add `--filter`, `--order-by`, `--include-deleted` and `--limit`."""
    filter_help = """Which, such as 'metrics.val_acc > 0.9 and labels.env = "prod"'. Default: all."""
    order_help = "In which order, such as 'metrics.val_acc desc, name'. Default: newest first."
    command = limit_option(command)
    command = click.option("--include-deleted", is_flag=True, help="Also the deleted ones.")(command)
    command = click.option("--order-by", default="", help=order_help)(command)
    return click.option("--filter", default="", help=filter_help)(command)


def recursive_option(command: Command) -> Command:
    """Add `--recursive`."""
    return click.option("--recursive", is_flag=True, help="Also the namespaces below it.")(command)


def framework_option(command: Command) -> Command:
    """Add `--framework`."""
    kind = click.Choice([framework.name.lower() for framework in MLFramework], case_sensitive=False)
    return click.option("--framework", type=kind, default="unknown", help="The framework it is built with.")(command)


def experiment_options(command: Command) -> Command:
    """Add `--experiment` (also `--experiment-id`) and `--namespace`."""
    text = "The experiment: its id, or its name in the namespace."
    return namespace_option(
        click.option("--experiment", "--experiment-id", "experiment", default="", help=text)(command)
    )


def model_options(command: Command) -> Command:
    """Add `--model` and `--namespace`."""
    model_help = "The model: its id, or its name in the namespace."
    return namespace_option(click.option("--model", "model", default="", help=model_help)(command))

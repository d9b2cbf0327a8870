"""What the commands share: options, output, and one line for an error that the caller can mend.

Must not know: any command.
"""

import json
import os
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from click.core import ParameterSource

from modelbox_gateway.config import Config, load
from modelbox_gateway.masking import masked
from modelbox_gateway.operator_errors import NotRunningError, OperatorError, first_of
from modelbox_gateway.runfile import read_run_file

_HEALTH_TIMEOUT_S: Final = 5.0
_DATA_DIR: Final = "modelbox_gateway.cli.data_dir"

Command = TypeVar("Command", bound=Callable[..., Any])

CONFIG_HELP: Final = "The server's configuration file. Default: ./modelbox.toml where it exists."


class _UnavailableFailure(click.ClickException):
    """The server does not run, or Postgres does not answer."""

    exit_code = 3


def config_path_option(command: Command) -> Command:
    """Add `--config-path`, and `--data-dir`, which wins over what is configured."""
    file, folder = click.Path(path_type=Path, dir_okay=False), click.Path(path_type=Path, file_okay=False)
    command = click.option(
        "--data-dir",
        type=folder,
        expose_value=False,
        callback=_set_data_dir,
        help="The folder of the server's own data. Default: as configured, else ./modelbox-data.",
    )(command)
    return click.option("--config-path", type=file, envvar="MODELBOX_CONFIG_PATH", help=CONFIG_HELP)(command)


def _set_data_dir(context: click.Context, _parameter: click.Parameter, folder: Path | None) -> None:
    # The configuration takes it from there, wherever it is read.
    if folder is not None:
        os.environ["MODELBOX_DATA_DIR"] = str(folder.absolute())
        context.meta[_DATA_DIR] = folder


def output_option(command: Command) -> Command:
    """Add `--output table|json`."""
    kind = click.Choice(["table", "json"])
    return click.option("--output", type=kind, default="table", show_default=True, help="How to print.")(command)


def examples(*commands: str) -> str:
    """Return the end of a command's help: commands to copy, one a line."""
    verbatim = "\b\n"  # click wraps all other text
    return verbatim + "\n".join(["Examples:", *(f"  {command}" for command in commands)])


@contextmanager
def reported() -> Iterator[None]:
    """End the command with one line on standard error for an error that its caller can mend.

    Its exit code is 3 where the server does not run or Postgres does not answer, and 1 for all else.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("modelbox"):
            raise
        problem = f"{error.name} is not installed; run: pip install 'modelbox[embedded]'"
        raise click.ClickException(
            f"{problem} (or 'modelbox[server]' with a Postgres and a NATS of your own)"
        ) from error
    except Exception as error:
        cause = first_of(error)  # tasks that work together end with a group
        if not isinstance(cause, _mendable()):
            raise
        failure = _UnavailableFailure if _is_unavailable(cause) else click.ClickException
        words = _one_line(_in_words(cause))
        raise failure(hint(words) if isinstance(cause, NotRunningError) else words) from error


def hint(command: str) -> str:
    """Return a command to run next, or a text that ends with one, with what this one was given to find the server."""
    context = click.get_current_context(silent=True)
    if context is None:
        return command
    if context.get_parameter_source("config_path") is ParameterSource.COMMANDLINE:
        command = f"{command} --config-path {context.params['config_path']}"
    return f"{command} --data-dir {context.meta[_DATA_DIR]}" if _DATA_DIR in context.meta else command


def _is_unavailable(error: Exception) -> bool:
    """Whether it passes by itself, or once the server is started; a kind of the log's error says what to mend first."""
    if isinstance(error, NotRunningError) or find_spec("asyncpg") is None:
        return isinstance(error, NotRunningError)
    from modelbox_events import LogUnavailableError

    return type(error) is LogUnavailableError


def _one_line(text: str) -> str:
    return masked("; ".join(line.strip() for line in text.splitlines() if line.strip()))


def dsn_of(config: Config) -> str:
    """Return where the log of a configuration is: of its running server, else the configured Postgres.

    Raises:
        NotRunningError: The log lives in an embedded Postgres and its server does not run.
    """
    try:
        return read_run_file(config.data_folder).postgres_dsn
    except NotRunningError:
        if config.metadata_storage == "postgres":
            return config.metadata_storage_postgres.dsn
        raise


def health_of(config: Config) -> dict[str, Any]:
    """Return what the running server of a configuration says at `/health`; nothing where none answers."""
    try:
        address = read_run_file(config.data_folder).http_addr
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"http://{address}/health", timeout=_HEALTH_TIMEOUT_S) as answer:
            found: dict[str, Any] = json.load(answer)
    except (NotRunningError, OSError, ValueError):
        return {}
    return found


def open_config(path: Path | None) -> Config:
    """Return the configuration, and have warnings of a command's parts come out on standard error."""
    from modelbox_gateway.logging import configure

    config = load(path)
    configure("console", "error")
    return config


def ask(question: str) -> None:
    """Go on only if somebody says yes; where nobody can, say how to go on without."""
    try:
        is_wanted = click.confirm(question, err=True)
    except click.Abort:
        raise click.ClickException("nobody is there to ask; to go on without, add --yes") from None
    if not is_wanted:
        raise click.Abort


def print_json(value: object) -> None:
    """Print a value as indented JSON on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_pairs(pairs: Mapping[str, object]) -> None:
    """Print names and values, one a line, aligned."""
    width = max(len(name) for name in pairs)
    for name, value in pairs.items():
        click.echo(f"{name.ljust(width)}  {_text(value)}")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under columns, numbers to the right; nothing is wrapped or cut, so that other programs can read it."""
    lines = [list(columns), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    is_number = [all(_is_number(row[index]) for row in rows) for index in range(len(columns))]
    for line in lines:
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error, where that is a terminal.

    Yields:
        What to call with how much is done and how much there is.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(str(part) for part in value)
        case _:
            return str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _in_words(error: Exception) -> str:
    """Return what an operator can do with: of the log's errors what happened, not what a client does about it."""
    if find_spec("asyncpg") is None:
        return str(error)
    from modelbox_events import LogRefusedError

    if not isinstance(error, LogRefusedError):
        return str(error)
    remedy = "; restart the server: it puts its rights in this database right" if error.sqlstate == "42501" else ""
    return f"Postgres refuses: {error.problem}{remedy}"


def _mendable() -> tuple[type[Exception], ...]:
    """Return the errors whose message says what to do; those of the service only where it is installed."""
    if find_spec("asyncpg") is None:
        return (OperatorError, OSError)
    from modelbox_events import EventsError
    from modelbox_gateway.embedded.process import EmbeddedServerError
    from modelbox_projections import ProjectionsError

    return (OperatorError, EventsError, ProjectionsError, EmbeddedServerError)

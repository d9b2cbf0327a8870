"""What the service logs and how: structlog events with fields, as lines for people or as JSON.

They go to standard error or to a file. Libraries that use the standard library's logging come out in the same form.
Passwords are masked everywhere.
"""

import logging
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final, Literal, TextIO, cast

import structlog
from structlog.typing import Processor

from modelbox_gateway.log_output import LogOutput
from modelbox_gateway.masking import masked

_NUMBERS: Final = logging.getLevelNamesMapping()
_QUIET: Final = ("asyncio", "nats", "uvicorn", "grpc", "urllib3")
_SHORT: Final = ("asyncpg",)
"""Libraries that log the traceback of a connection that was lost: what it says is enough."""


class Logging:
    """Logging of this process, set up; what of it can be changed while it runs."""

    def __init__(self, output: LogOutput, level: str) -> None:
        """Use `configure`."""
        self._output = output
        self._number = _NUMBERS[level.upper()]

    def reopen(self) -> None:
        """Go on in a new file where the log's file was renamed.

        Raises:
            OSError: It cannot be opened; the old one is still written to.
        """
        self._output.reopen()

    def set_level(self, level: str) -> None:
        """Log events of this level and above."""
        self._number = _NUMBERS[level.upper()]
        logging.getLogger().setLevel(self._number)
        for name in _QUIET:
            logging.getLogger(name).setLevel(max(self._number, logging.WARNING))

    def drop_below(self, _logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Drop events below the level; a structlog processor. Loggers are cached, so they cannot know it themselves."""
        if _NUMBERS.get(method.upper(), logging.ERROR) < self._number:
            raise structlog.DropEvent
        return event


def configure(log_format: Literal["auto", "json", "console"], level: str, *, file: Path | None = None) -> Logging:
    """Set up logging of this process: "auto" is for people on a terminal and JSON lines elsewhere.

    Args:
        log_format: How lines look.
        level: The least level that is logged.
        file: Where lines go; None for standard error.

    Raises:
        OSError: The file cannot be opened.
    """
    output = LogOutput(file)
    stream = cast("TextIO", output)
    setup = Logging(output, level)
    for_people = log_format == "console" or (log_format == "auto" and output.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = _renderer(for_people=for_people, colors=output.isatty())
    last: list[Processor] = [structlog.processors.format_exc_info, mask_secrets, renderer]
    structlog.configure(
        processors=[setup.drop_below, *shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=True,
    )
    foreign = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, shorten],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(foreign)
    logging.basicConfig(handlers=[handler], force=True)
    setup.set_level(level)
    return setup


def mask_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the passwords in every field, at any depth; a structlog processor."""
    for key, value in event.items():
        event[key] = _masked(value)
    return event


def shorten(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace a traceback by the error's own words, where it is a library's that logs one for each lost connection."""
    if str(event.get("logger", "")).split(".")[0] in _SHORT and (found := event.pop("exc_info", None)):
        error = found[1] if isinstance(found, tuple) else sys.exc_info()[1]
        event["error"] = f"{type(error).__name__}: {error}"
    return event


def _masked(value: object) -> object:
    match value:
        case str():
            return masked(value)
        case dict():
            return {key: _masked(part) for key, part in value.items()}
        case list() | tuple():
            return [_masked(part) for part in value]
        case None | bool() | int() | float():
            return value
        case _:  # an exception, say: a renderer would ask for its text after this
            return masked(str(value))


def _renderer(*, for_people: bool, colors: bool) -> Processor:
    if for_people:
        return structlog.dev.ConsoleRenderer(colors=colors)
    return structlog.processors.JSONRenderer(default=str, ensure_ascii=False)

"""What a running service takes from its configuration anew: the log's file and level. All else needs a restart."""

from collections.abc import Callable
from typing import Final

import structlog

from modelbox_gateway.config import Config
from modelbox_gateway.logging import Logging
from modelbox_gateway.operator_errors import ConfigError

_TAKEN: Final = "log_level"

_log = structlog.get_logger()


class Reloading:
    """The configuration that a process runs with, and how it is read again."""

    def __init__(self, config: Config, logging: Logging, *, read: Callable[[], Config]) -> None:
        """Begin with `config`; `read` reads it again and may raise `ConfigError`."""
        self._config = config
        self._logging = logging
        self._read = read

    def reload(self) -> None:
        """Open the log's file anew, and take what can be taken while the service runs; the rest is named in the log."""
        try:
            self._logging.reopen()
        except OSError as error:
            _log.error("log_file_not_reopened", error=str(error))
        try:
            config = self._read()
        except ConfigError as error:
            _log.error("reload_refused", error=str(error))
            return
        self._logging.set_level(config.log_level)
        changed = (key for key in config.__struct_fields__ if getattr(config, key) != getattr(self._config, key))
        needs_restart = [key for key in changed if key != _TAKEN]
        # A warning: who asks for fewer lines should still see that it was taken.
        _log.warning("reloaded", log_level=config.log_level, needs_restart=needs_restart)

"""Where the server is: argument, environment, the client's configuration file, or the default.

Must not know: how to speak to it.
"""

import os
import tomllib
from pathlib import Path
from typing import Final

import msgspec

from modelbox.errors import ConfigError

ADDRESS_VARIABLE: Final = "MODELBOX_API_ADDR"
"""The environment variable that names the server."""

CONFIG_FILE: Final = Path("modelbox_client.toml")
"""The configuration file that is read when there is one in the working directory."""

DEFAULT_ADDRESS: Final = "localhost:8085"
"""Where a server listens that nobody configured."""

_PORT_MAX: Final = 65_535


class ClientConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The client's configuration file."""

    server_addr: str = DEFAULT_ADDRESS


CONFIG_TEXT: Final = f"""\
# Configuration of the ModelBox client. The environment variable {ADDRESS_VARIABLE} wins over this file.

# Where the server listens for gRPC: host:port.
server_addr = "{DEFAULT_ADDRESS}"
"""
"""What `modelbox client init-config` writes."""


def resolve_address(addr: str = "", *, config_path: Path | None = None) -> str:
    """Return the server's address: the argument, else the environment's, else the file's, else the default.

    Args:
        addr: `host:port`, or empty.
        config_path: The configuration file. Without one, `modelbox_client.toml` in the working directory is read
            when it is there.

    Raises:
        ConfigError: The address is not `host:port`, or the file cannot be read or holds something else.
    """
    if addr:
        return _check_address(addr, source="server_addr")
    from_environment = os.environ.get(ADDRESS_VARIABLE, "")
    if from_environment:
        return _check_address(from_environment, source=ADDRESS_VARIABLE)
    if config_path is None and not CONFIG_FILE.is_file():
        return DEFAULT_ADDRESS
    path = config_path or CONFIG_FILE
    return _check_address(read_config(path).server_addr, source=f"{path}: server_addr")


def read_config(path: Path) -> ClientConfig:
    """Read a configuration file.

    Raises:
        ConfigError: It cannot be read, is no TOML, or holds an unknown key or a wrong type.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), ClientConfig)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}; write one with `modelbox client init-config --path {path}`"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"{path}: {error}; the one key is server_addr, a string such as {DEFAULT_ADDRESS!r}"
        ) from error


def _check_address(addr: str, *, source: str) -> str:
    host, _, port = addr.rpartition(":")
    if not (host and port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= _PORT_MAX):
        raise ConfigError(f"{source}: {addr[:80]!r} is not host:port, such as {DEFAULT_ADDRESS!r}", field="server_addr")
    return addr

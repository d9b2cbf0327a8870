"""Where the server, the journal and the cache are: argument, environment, configuration file, or the default."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec

from modelbox.errors import ConfigError
from modelbox.journal.folder import JournalSettings
from modelbox.limits import CACHE_BYTES_MAX, JOURNAL_BYTES_MAX
from modelbox.transfer.cache import CacheSettings

ADDRESS_VARIABLE: Final = "MODELBOX_API_ADDR"
"""The environment variable that names the server."""

JOURNAL_VARIABLE: Final = "MODELBOX_JOURNAL"
"""The environment variable that switches the journal: `on`, which is the default, or `off`."""

JOURNAL_FOLDER_VARIABLE: Final = "MODELBOX_JOURNAL_DIR"
"""The environment variable that names the journal's folder."""

BLOB_ADDRESS_VARIABLE: Final = "MODELBOX_BLOB_ADDR"
"""The environment variable that names a server which carries files, beside the one that takes all other calls."""

CACHE_VARIABLE: Final = "MODELBOX_CACHE"
"""The environment variable that switches the cache of downloaded files: `on`, which is the default, or `off`."""

CACHE_FOLDER_VARIABLE: Final = "MODELBOX_CACHE_DIR"
"""The environment variable that names the cache's folder."""

DIFFERENCE_VARIABLE: Final = "MODELBOX_SOURCE_DIFF"
"""The environment variable that switches whether runs keep what is not committed: `on`, the default, or `off`."""

NAMESPACE_VARIABLE: Final = "MODELBOX_NAMESPACE"
"""The environment variable that names the namespace of calls that name none."""

CONFIG_FILE: Final = Path("modelbox_client.toml")
"""The configuration file that is read when there is one in the working directory."""

DEFAULT_ADDRESS: Final = "localhost:8085"
"""Where a server listens that nobody configured."""

DEFAULT_JOURNAL_FOLDER: Final = Path("modelbox", "journal")
"""Where journals are that nobody configured: below XDG_STATE_HOME, which is ~/.local/state unless it is set."""

DEFAULT_CACHE_FOLDER: Final = Path("modelbox")
"""Where the cache is that nobody configured: below XDG_CACHE_HOME, which is ~/.cache unless it is set."""

_PORT_MAX: Final = 65_535
_NOT_IN_HOST: Final = frozenset(" :/?#@[]\\,")
_IPV6_CHARACTERS: Final = frozenset("0123456789abcdefABCDEF:.%")


class ClientConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The client's configuration file."""

    server_addr: str = DEFAULT_ADDRESS
    journal_dir: str = ""
    journal_bytes_max: Annotated[int, msgspec.Meta(ge=0)] = JOURNAL_BYTES_MAX
    blob_addr: str = ""
    cache_dir: str = ""
    cache_bytes_max: Annotated[int, msgspec.Meta(ge=0)] = CACHE_BYTES_MAX
    namespace: str = ""


_KEYS: Final = ", ".join(ClientConfig.__struct_fields__)

CONFIG_TEXT: Final = f"""\
# Configuration of the ModelBox client. The environment variables win over this file:
# {ADDRESS_VARIABLE}, {NAMESPACE_VARIABLE}, {BLOB_ADDRESS_VARIABLE}, {JOURNAL_FOLDER_VARIABLE}, {CACHE_FOLDER_VARIABLE};
# {JOURNAL_VARIABLE}=off for no journal, {CACHE_VARIABLE}=off for no cache, {DIFFERENCE_VARIABLE}=off to keep nothing
# of what is not committed with runs.

# Where the server listens for gRPC: host:port.
server_addr = "{DEFAULT_ADDRESS}"

# The namespace in which objects are created and looked for when a call or command names none. Empty: "default".
namespace = ""

# The folder of the journal, which keeps what is logged while the server is away. Empty: modelbox/journal below
# $XDG_STATE_HOME, or below ~/.local/state where that is not set.
journal_dir = ""

# How much disk all journals in it may take, in bytes.
journal_bytes_max = {JOURNAL_BYTES_MAX}

# A server that carries files (`--role blobs`), host:port. Empty: the one above carries them too.
blob_addr = ""

# The folder of the cache, which keeps downloaded files for the next time. Empty: modelbox below $XDG_CACHE_HOME, or
# below ~/.cache where that is not set.
cache_dir = ""

# How much disk the cache may take, in bytes. 0 for no cache.
cache_bytes_max = {CACHE_BYTES_MAX}
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


def resolve_journal(*, config_path: Path | None = None) -> JournalSettings | None:
    """Return where the journal is: by the environment, else by the file, else the default; None if it is off.

    An account without a home and without a configured folder has none either.

    Args:
        config_path: As for `resolve_address`.

    Raises:
        ConfigError: The variable that switches it says something else, or the file cannot be used.
    """
    if not _is_on(JOURNAL_VARIABLE):
        return None
    config = _found_config(config_path)
    named = os.environ.get(JOURNAL_FOLDER_VARIABLE, "") or config.journal_dir
    folder = Path(named) if named else _home("XDG_STATE_HOME", ".local", "state") / DEFAULT_JOURNAL_FOLDER
    try:
        return JournalSettings(folder.expanduser().absolute(), bytes_max=config.journal_bytes_max)
    except RuntimeError:
        return None


def resolve_blob_address(addr: str = "", *, config_path: Path | None = None) -> str:
    """Return the address of the server that carries files: as `resolve_address`; empty if there is no other one.

    Raises:
        ConfigError: The address is not `host:port`, or the file cannot be used.
    """
    if addr:
        return _check_address(addr, source="blob_addr")
    from_environment = os.environ.get(BLOB_ADDRESS_VARIABLE, "")
    if from_environment:
        return _check_address(from_environment, source=BLOB_ADDRESS_VARIABLE)
    configured = _found_config(config_path).blob_addr
    return _check_address(configured, source=f"{config_path or CONFIG_FILE}: blob_addr") if configured else ""


def resolve_namespace(namespace: str = "", *, config_path: Path | None = None) -> str:
    """Return the namespace of calls that name none: argument, else environment, else file; empty for none.

    Raises:
        ConfigError: The file cannot be used.
    """
    named = namespace or os.environ.get(NAMESPACE_VARIABLE, "")
    return named or _found_config(config_path).namespace


def resolve_cache(*, config_path: Path | None = None) -> CacheSettings | None:
    """Return where the cache of downloaded files is: as `resolve_journal`; None if there is none.

    Raises:
        ConfigError: The variable that switches it says something else, or the file cannot be used.
    """
    if not _is_on(CACHE_VARIABLE):
        return None
    config = _found_config(config_path)
    named = os.environ.get(CACHE_FOLDER_VARIABLE, "") or config.cache_dir
    folder = Path(named) if named else _home("XDG_CACHE_HOME", ".cache") / DEFAULT_CACHE_FOLDER
    try:
        settings = CacheSettings(folder.expanduser().absolute(), bytes_max=config.cache_bytes_max)
    except RuntimeError:
        return None
    return settings if settings.bytes_max else None


def keeps_differences() -> bool:
    """Tell whether what is not committed is kept with runs that are started.

    Raises:
        ConfigError: The variable that switches it says something else.
    """
    return _is_on(DIFFERENCE_VARIABLE)


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
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}; the keys are {_KEYS}") from None


def _found_config(path: Path | None) -> ClientConfig:
    return read_config(path or CONFIG_FILE) if path is not None or CONFIG_FILE.is_file() else ClientConfig()


def _is_on(variable: str) -> bool:
    switch = os.environ.get(variable, "on")
    if switch not in {"on", "off"}:
        raise ConfigError(f"{variable}: {switch[:80]!r} is neither on nor off", field=variable)
    return switch == "on"


def _home(variable: str, *default: str) -> Path:
    """Return a folder of the XDG base directories."""
    named = os.environ.get(variable, "")
    return Path(named) if named else Path("~", *default)


def _check_address(addr: str, *, source: str) -> str:
    host, _, port = addr.rpartition(":")
    if not (_is_host(host) and port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= _PORT_MAX):
        raise ConfigError(
            f"{source}: {addr[:80]!r} is not host:port, such as {DEFAULT_ADDRESS!r} or '[::1]:8085', with nothing "
            "before or after it",
            field="server_addr",
        )
    return addr


def _is_host(text: str) -> bool:
    """Whether it is a name or an address; of IPv6 in brackets, so that its colons are told from the port's."""
    if text.startswith("[") and text.endswith("]"):
        return ":" in text and set(text[1:-1]) <= _IPV6_CHARACTERS
    return bool(text) and text.isprintable() and not set(text) & _NOT_IN_HOST

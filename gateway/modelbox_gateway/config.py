"""The service's configuration: its keys and defaults, which combinations make sense, where values come from.

A key is taken from its environment variable, else from the file, else from its default here. Only what is built is
accepted. This module and the composition root alone read the environment.

Must not know: the wire.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from modelbox_gateway.masking import masked
from modelbox_gateway.operator_errors import ConfigError
from modelbox_gateway.sections import FilesystemSettings, NatsSettings, PluginSettings, PostgresSettings, S3Settings
from modelbox_gateway.settings import Found, KeyPath, build, from_environment, from_table, render, settings_of

DEFAULT_PATH: Final = Path("modelbox.toml")
"""Read when no path is given and the file exists."""

PORT_MAX: Final = 65_535
_REPLICAS: Final = (1, 3, 5)

_HEAD: Final = (
    "The configuration of a ModelBox server: every key with its default.\n"
    "An environment variable, where set, wins over this file. Relative paths start at this file's folder."
)


_ARTIFACT_KEYS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "filesystem": (),
    "s3": (
        ("endpoint", 'write it like "s3.amazonaws.com" or "localhost:9000"'),
        ("bucket", "name the bucket"),
        ("access_key", "set it here or as MODELBOX_ARTIFACT_STORAGE_S3_ACCESS_KEY"),
        ("secret_key", "set it here or as MODELBOX_ARTIFACT_STORAGE_S3_SECRET_KEY"),
    ),
    "plugin": (("name", "name the store"),),
}
"""Each kind of artifact storage with the keys of its section that it cannot do without, and what to do about them."""


class Role(StrEnum):
    """A part of the service that one process can run."""

    GATEWAY = "gateway"
    RELAY = "relay"
    PROJECTIONS = "projections"
    BLOBS = "blobs"
    """The calls that carry files, beside gateways that have all calls. It keeps nothing of its own."""


ALL_ROLES: Final = frozenset(Role) - {Role.BLOBS}
"""What one process runs that runs everything: a gateway carries files too."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Every key of the service; `load` returns it checked, with absolute paths."""

    listen_addr: Annotated[str, Meta(description="Where gRPC listens. Port 0 takes a free one.")] = "127.0.0.1:8085"
    http_listen_addr: Annotated[str, Meta(description="For HTTP: /healthz, /readyz, /health.")] = "127.0.0.1:8080"
    prometheus_addr: Annotated[str, Meta(description="Where /metrics is served.")] = "127.0.0.1:2112"
    data_dir: Annotated[
        str, Meta(description="The folder for embedded servers, artifacts and the files of a running server.")
    ] = "./modelbox-data"
    metadata_storage: Annotated[
        Literal["integrated", "postgres"],
        Meta(
            description='Where the log lives: "integrated" starts a Postgres of its own under data_dir, "postgres" '
            "connects to the one below."
        ),
    ] = "integrated"
    change_stream: Annotated[
        Literal["integrated", "nats"],
        Meta(
            description='Where the feed lives: "integrated" starts a nats-server of its own under data_dir, "nats" '
            "connects to the ones below."
        ),
    ] = "integrated"
    artifact_storage: Annotated[
        Literal["filesystem", "s3", "plugin"],
        Meta(description='Where artifacts live: "filesystem", "s3" or "plugin", each with its section below.'),
    ] = "filesystem"
    database_connections: Annotated[
        int, Meta(description="Connections to Postgres that this process may hold for appends and reads, 2 to 100.")
    ] = 8
    start_timeout_s: Annotated[
        float,
        Meta(
            description="Seconds that Postgres and the store of artifacts may take to answer at the start, before the "
            "start fails. A Postgres of its own that recovers from a crash is waited for as long as it goes on."
        ),
    ] = 60.0
    stop_timeout_s: Annotated[
        float, Meta(description="Seconds that a stop may take to finish what was accepted, before it is cut off.")
    ] = 25.0
    log_file: Annotated[
        str,
        Meta(description="The file for the service's log, opened anew at SIGHUP. Empty: standard error."),
    ] = ""
    log_format: Annotated[
        Literal["auto", "json", "console"], Meta(description='"auto": console on a terminal, else JSON lines.')
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least level that is logged.")
    ] = "info"
    metadata_storage_postgres: PostgresSettings = PostgresSettings()
    change_stream_nats: NatsSettings = NatsSettings()
    artifact_storage_filesystem: FilesystemSettings = FilesystemSettings()
    artifact_storage_s3: S3Settings = S3Settings()
    artifact_storage_plugin: PluginSettings = PluginSettings()

    @property
    def data_folder(self) -> Path:
        """`data_dir` as a path."""
        return Path(self.data_dir)

    @property
    def log_path(self) -> Path | None:
        """`log_file` as a path; None for standard error."""
        return Path(self.log_file) if self.log_file else None

    @property
    def blob_folder(self) -> Path:
        """The folder for artifacts."""
        return Path(self.artifact_storage_filesystem.folder or self.data_folder / "blobs")


class Address(NamedTuple):
    """A host and a port to listen on."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return `host:port`, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `host:port`; an empty host means every interface.

        Raises:
            ValueError: The text is not of that form or the port is out of range.
        """
        host, colon, port = text.rpartition(":")
        if not (colon and port.isascii() and port.isdecimal() and int(port) <= PORT_MAX):
            raise ValueError(text)
        return cls(host.removeprefix("[").removesuffix("]") or "0.0.0.0", int(port))  # noqa: S104  asked for by an empty host


class _Flaw(NamedTuple):
    """A rule that the values break."""

    path: KeyPath
    problem: str
    remedy: str


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Config:
    """Return the configuration of a file and the environment, checked and with absolute paths.

    Args:
        path: The TOML file; None reads `DEFAULT_PATH` where it exists.
        environment: The environment variables; None takes this process's.

    Raises:
        ConfigError: The file cannot be read, or a key is unknown, has a wrong value or contradicts another.
    """
    if path is None and DEFAULT_PATH.exists():
        path = DEFAULT_PATH
    found = {} if path is None else from_table(Config, _read(path), source=str(path))
    found |= from_environment(Config, os.environ if environment is None else environment)
    config = build(Config, found)
    for flaw in _flaws(config):
        source = found[flaw.path].source if flaw.path in found else str(path or "defaults")
        raise ConfigError(source, ".".join(flaw.path), flaw.problem, remedy=flaw.remedy)
    return _with_absolute_paths(config, found, folder=Path() if path is None else path.parent)


def default_file() -> str:
    """Return the commented file that holds every key with its default."""
    return render(Config, head=_HEAD)


def _read(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except FileNotFoundError as error:
        remedy = f"write one with: modelbox server init-config --path {path}"
        raise ConfigError(str(path), "", "the file does not exist", remedy=remedy) from error
    except OSError as error:
        raise ConfigError(str(path), "", error.strerror or str(error), remedy="make the file readable") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "", f"not TOML: {error}", remedy="correct that line") from error
    return table


def _flaws(config: Config) -> Iterator[_Flaw]:
    yield from _address_flaws(config)
    yield from _storage_flaws(config)
    if not config.data_dir.strip():
        yield _Flaw(("data_dir",), "is empty", "name a folder")
    if not 2 <= config.database_connections <= 100:  # noqa: PLR2004  said in the key's description
        yield _Flaw(("database_connections",), f"{config.database_connections} is out of range", "use 2 to 100")
    for key in ("start_timeout_s", "stop_timeout_s"):
        if not 0 < getattr(config, key) <= 3_600:  # noqa: PLR2004  an hour
            yield _Flaw((key,), f"{getattr(config, key)} is out of range", "use more than 0 and at most 3600 seconds")


def _address_flaws(config: Config) -> Iterator[_Flaw]:
    taken: dict[Address, str] = {}
    for key in ("listen_addr", "http_listen_addr", "prometheus_addr"):
        text = getattr(config, key)
        try:
            address = Address.parse(text)
        except ValueError:
            yield _Flaw((key,), f"{text!r} is not host:port", "write it like 127.0.0.1:8085, the port 0 to 65535")
            continue
        if address.port and address in taken:
            yield _Flaw((key,), f"{text} is the address of {taken[address]} too", "give each an address of its own")
        taken[address] = key


def _storage_flaws(config: Config) -> Iterator[_Flaw]:
    postgres, nats = config.metadata_storage_postgres, config.change_stream_nats
    dsn, servers = ("metadata_storage_postgres", "dsn"), ("change_stream_nats", "servers")
    if config.metadata_storage == "postgres" and urlsplit(postgres.dsn).scheme not in {"postgresql", "postgres"}:
        problem = "is empty" if not postgres.dsn else "is not a postgresql:// address"
        yield _Flaw(dsn, problem, "write it like postgresql://user:password@host:5432/database")
    if config.metadata_storage == "integrated" and postgres != PostgresSettings():
        key = dsn if postgres.dsn else ("metadata_storage_postgres", "allow_unsafe")
        remedy = 'set metadata_storage = "postgres" or remove it'
        yield _Flaw(key, 'is set, but metadata_storage is "integrated"', remedy)
    if config.change_stream == "integrated" and nats != NatsSettings():
        changed = next(name for name in nats.__struct_fields__ if getattr(nats, name) != getattr(NatsSettings(), name))
        remedy = 'set change_stream = "nats" or remove it'
        yield _Flaw(("change_stream_nats", changed), 'is set, but change_stream is "integrated"', remedy)
    if config.change_stream == "nats":
        if not nats.servers:
            yield _Flaw(servers, "is empty", 'write it like ["nats://host:4222"]')
        for server in nats.servers:
            if urlsplit(server).scheme not in {"nats", "tls"}:
                problem = f"{masked(server)!r} is not a nats:// or tls:// address"
                yield _Flaw(servers, problem, 'write it like ["nats://host:4222"]')
    yield from _artifact_flaws(config)
    if nats.replicas not in _REPLICAS:
        yield _Flaw(("change_stream_nats", "replicas"), f"{nats.replicas} is not possible", "use 1, 3 or 5")


def _artifact_flaws(config: Config) -> Iterator[_Flaw]:
    """Each kind of storage has a section, which only counts with that kind."""
    for kind, needed in _ARTIFACT_KEYS.items():
        section = f"artifact_storage_{kind}"
        settings = getattr(config, section)
        if config.artifact_storage == kind:
            yield from (
                _Flaw((section, key), "is empty", remedy) for key, remedy in needed if not getattr(settings, key)
            )
        else:
            changed = (
                key for key in settings.__struct_fields__ if getattr(settings, key) != getattr(type(settings)(), key)
            )
            remedy = f'set artifact_storage = "{kind}" or remove it'
            yield from (
                _Flaw((section, key), f'is set, but artifact_storage is "{config.artifact_storage}"', remedy)
                for key in changed
            )
    for key in ("endpoint", "public_endpoint"):
        if "/" in getattr(config.artifact_storage_s3, key):
            remedy = "write host or host:port, and say http or https with artifact_storage_s3.secure"
            yield _Flaw(("artifact_storage_s3", key), "is not a host", remedy)


def _with_absolute_paths(config: Config, found: Mapping[KeyPath, Found], *, folder: Path) -> Config:
    """Resolve paths: those of the environment from the current folder, all others from the file's."""

    def absolute(text: str, *path: str) -> str:
        variable = next(setting.variable for setting in settings_of(Config) if setting.path == path)
        of_environment = path in found and found[path].source.endswith(variable)
        return str((Path() if of_environment else folder).joinpath(Path(text).expanduser()).resolve()) if text else ""

    nats, files = config.change_stream_nats, config.artifact_storage_filesystem
    credentials = absolute(nats.credentials, "change_stream_nats", "credentials")
    blobs = absolute(files.folder, "artifact_storage_filesystem", "folder")
    return msgspec.structs.replace(
        config,
        data_dir=absolute(config.data_dir, "data_dir"),
        log_file=absolute(config.log_file, "log_file"),
        change_stream_nats=msgspec.structs.replace(nats, credentials=credentials),
        artifact_storage_filesystem=msgspec.structs.replace(files, folder=blobs),
    )

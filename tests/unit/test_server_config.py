"""The configuration: what is accepted, what is refused and how, where values come from."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from modelbox_gateway.config import Address, Config, default_file, load
from modelbox_gateway.operator_errors import ConfigError
from modelbox_gateway.settings import settings_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test writes its configuration."""
    return tmp_path / "modelbox.toml"


def test_written_file_holds_every_key_with_its_default(file: Path) -> None:
    file.write_text(default_file())
    assert msgspec.structs.replace(load(file, {}), data_dir="") == msgspec.structs.replace(Config(), data_dir="")
    written = tomllib.loads(default_file())
    for setting in settings_of(Config):
        value = written
        for part in setting.path:
            value = value[part]
        assert value == (list(setting.default) if isinstance(setting.default, tuple) else setting.default)


def test_every_key_has_a_comment_and_names_its_variable() -> None:
    text = default_file().replace("\n# ", " ")
    for setting in settings_of(Config):
        assert setting.description
        assert f"{setting.variable}.\n{setting.path[-1]} = " in text


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("listen_adr = 'x:1'", "listen_adr", "did you mean listen_addr?"),
        ("nonsense = 1", "nonsense", "known here: listen_addr"),
        ("[change_stream_nats]\nserver = ['nats://h:1']", "change_stream_nats.server", "did you mean servers?"),
        ("listen_addr = 8085", "listen_addr", 'write it like listen_addr = "127.0.0.1:8085"'),
        ("database_connections = 'many'", "database_connections", "Expected `int`"),
        ("database_connections = 1", "database_connections", "use 2 to 100"),
        ("stop_timeout_s = -1", "stop_timeout_s", "more than 0"),
        ("stop_timeout_s = nan", "stop_timeout_s", "more than 0"),
        ("data_dir = ''", "data_dir", "name a folder"),
        ("change_stream_nats = 3", "change_stream_nats", "write [change_stream_nats]"),
        ("listen_addr = '127.0.0.1'", "listen_addr", "not host:port"),
        ("listen_addr = '127.0.0.1:70000'", "listen_addr", "not host:port"),
        ("http_listen_addr = '127.0.0.1:8085'", "http_listen_addr", "the address of listen_addr too"),
        ("metadata_storage = 'mysql'", "metadata_storage", 'use one of "integrated", "postgres"'),
        ("metadata_storage = 'postgres'", "metadata_storage_postgres.dsn", "is empty"),
        (
            "metadata_storage = 'postgres'\n[metadata_storage_postgres]\ndsn = 'host=db'",
            "metadata_storage_postgres.dsn",
            "not a postgresql:// address",
        ),
        (
            "[metadata_storage_postgres]\ndsn = 'postgresql://h/d'",
            "metadata_storage_postgres.dsn",
            'metadata_storage is "integrated"',
        ),
        ("[metadata_storage_postgres]\nallow_unsafe = true", "metadata_storage_postgres.allow_unsafe", "is set, but"),
        ("change_stream = 'nats'", "change_stream_nats.servers", "is empty"),
        ("[change_stream_nats]\nreplicas = 3", "change_stream_nats.replicas", 'change_stream is "integrated"'),
        (
            "change_stream = 'nats'\n[change_stream_nats]\nservers = ['http://h:1']",
            "change_stream_nats.servers",
            "not a nats://",
        ),
        (
            "change_stream = 'nats'\n[change_stream_nats]\nservers = ['nats://h:1']\nreplicas = 2",
            "change_stream_nats.replicas",
            "use 1, 3 or 5",
        ),
        ("artifact_storage = 'gcs'", "artifact_storage", 'use one of "filesystem", "s3", "plugin"'),
        ("artifact_storage = 's3'", "artifact_storage_s3.endpoint", "is empty"),
        (
            "artifact_storage = 's3'\n[artifact_storage_s3]\nendpoint = 'h:1'\nbucket = 'b'\naccess_key = 'k'",
            "artifact_storage_s3.secret_key",
            "MODELBOX_ARTIFACT_STORAGE_S3_SECRET_KEY",
        ),
        (
            (
                "artifact_storage = 's3'\n[artifact_storage_s3]\n"
                "endpoint = 'https://h'\nbucket = 'b'\naccess_key = 'k'\nsecret_key = 's'"
            ),
            "artifact_storage_s3.endpoint",
            "artifact_storage_s3.secure",
        ),
        ("[artifact_storage_s3]\nbucket = 'b'", "artifact_storage_s3.bucket", 'artifact_storage is "filesystem"'),
        ("artifact_storage = 'plugin'", "artifact_storage_plugin.name", "name the store"),
        ("[artifact_storage_plugin]\noptions = 3", "artifact_storage_plugin.options", "Expected `object`"),
    ],
)
def test_flaw_is_refused_with_file_key_and_remedy(file: Path, text: str, key: str, says: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(f"{file}: {key}: ")) as refused:
        load(file, {})
    assert says in str(refused.value)
    assert refused.value.remedy


def test_file_that_is_not_toml_is_refused(file: Path) -> None:
    file.write_text("listen_addr =")
    with pytest.raises(ConfigError, match="not TOML"):
        load(file, {})


def test_file_that_does_not_exist_is_refused_with_the_command_that_writes_one(file: Path) -> None:
    with pytest.raises(ConfigError, match=f"init-config --path {re.escape(str(file))}"):
        load(file, {})


def test_environment_wins_over_the_file(file: Path) -> None:
    file.write_text("listen_addr = '127.0.0.1:1'\nhttp_listen_addr = '127.0.0.1:2'")
    config = load(file, {"MODELBOX_LISTEN_ADDR": "127.0.0.1:3"})
    assert (config.listen_addr, config.http_listen_addr) == ("127.0.0.1:3", "127.0.0.1:2")


def test_environment_sets_keys_of_sections_and_types_them() -> None:
    environment = {
        "MODELBOX_CHANGE_STREAM": "nats",
        "MODELBOX_CHANGE_STREAM_NATS_SERVERS": "nats://a:1, nats://b:2",
        "MODELBOX_CHANGE_STREAM_NATS_REPLICAS": "3",
        "MODELBOX_METADATA_STORAGE": "postgres",
        "MODELBOX_METADATA_STORAGE_POSTGRES_DSN": "postgresql://h/d",
        "MODELBOX_METADATA_STORAGE_POSTGRES_ALLOW_UNSAFE": "true",
        "MODELBOX_STOP_TIMEOUT_S": "2.5",
        "MODELBOX_ARTIFACT_STORAGE": "plugin",
        "MODELBOX_ARTIFACT_STORAGE_PLUGIN_NAME": "shelf",
        "MODELBOX_ARTIFACT_STORAGE_PLUGIN_OPTIONS": "folder = /shelf, depth=2",
    }
    config = load(None, environment)
    assert config.change_stream_nats.servers == ("nats://a:1", "nats://b:2")
    assert config.change_stream_nats.replicas == 3
    assert config.metadata_storage_postgres.allow_unsafe
    assert config.stop_timeout_s == 2.5
    assert config.artifact_storage_plugin.options == {"folder": "/shelf", "depth": "2"}


def test_flaw_in_the_environment_names_the_variable() -> None:
    with pytest.raises(ConfigError, match="environment variable MODELBOX_DATABASE_CONNECTIONS: database_connections"):
        load(None, {"MODELBOX_DATABASE_CONNECTIONS": "many"})


def test_relative_paths_start_at_the_file_and_those_of_the_environment_at_the_current_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("data_dir = 'here'")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert load(file, {}).data_folder == tmp_path / "here"
    assert load(file, {"MODELBOX_DATA_DIR": "there"}).data_folder == elsewhere / "there"
    assert load(file, {}).blob_folder == tmp_path / "here" / "blobs"


def test_file_in_the_current_folder_is_read_without_being_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("listen_addr = '127.0.0.1:5'")
    monkeypatch.chdir(file.parent)
    assert load(None, {}).listen_addr == "127.0.0.1:5"


def test_message_about_a_server_address_hides_its_password(file: Path) -> None:
    file.write_text("change_stream = 'nats'\n[change_stream_nats]\nservers = ['http://user:hunter2@h:1']")
    with pytest.raises(ConfigError) as refused:
        load(file, {})
    assert "hunter2" not in str(refused.value)


def test_message_about_a_secret_of_a_wrong_type_does_not_show_it(file: Path) -> None:
    file.write_text("[artifact_storage_s3]\nsecret_key = 20260101")
    with pytest.raises(ConfigError, match=r"artifact_storage_s3\.secret_key: the value is refused") as refused:
        load(file, {})
    assert "20260101" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:80", Address("127.0.0.1", 80)),
        (":80", Address("0.0.0.0", 80)),  # noqa: S104  an empty host asks for it
        ("[::1]:80", Address("::1", 80)),
        ("host.example:0", Address("host.example", 0)),
    ],
)
def test_addresses_are_read(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["host", "host:", "host:x", "host:-1", "host:65536", "host:\uff18"])
def test_texts_that_are_no_address_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        Address.parse(text)

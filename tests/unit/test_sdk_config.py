"""Where the client finds its server, and what its configuration file may hold."""

from pathlib import Path

import pytest

from modelbox.config import (
    CONFIG_TEXT,
    read_config,
    resolve_address,
    resolve_blob_address,
    resolve_cache,
    resolve_journal,
    resolve_namespace,
)
from modelbox.errors import ConfigError
from modelbox.journal.folder import JournalSettings
from modelbox.limits import CACHE_BYTES_MAX
from modelbox.transfer.cache import CacheSettings


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MODELBOX_API_ADDR", "MODELBOX_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_an_address_is_the_arguments_else_the_environments_else_the_files_else_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert resolve_address() == "localhost:8085"
    (tmp_path / "modelbox_client.toml").write_text('server_addr = "file:1"\n', encoding="utf-8")
    assert resolve_address() == "file:1"
    monkeypatch.setenv("MODELBOX_API_ADDR", "environment:1")
    assert resolve_address() == "environment:1"
    assert resolve_address("argument:1") == "argument:1"
    assert resolve_address("[::1]:8085") == "[::1]:8085"


def test_calls_that_name_no_namespace_are_of_the_configured_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert resolve_namespace() == ""
    (tmp_path / "modelbox_client.toml").write_text('namespace = "file"\n', encoding="utf-8")
    assert resolve_namespace() == "file"
    monkeypatch.setenv("MODELBOX_NAMESPACE", "environment")
    assert resolve_namespace() == "environment"
    assert resolve_namespace("argument") == "argument"


def test_the_written_file_is_one_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    path.write_text(CONFIG_TEXT, encoding="utf-8")
    assert read_config(path).server_addr == "localhost:8085"


@pytest.mark.parametrize(
    "addr",
    ["host", ":8085", "host:", "host:0", "host:65536", "host:x", "host:٣", "h:99999999",
     "http://host:8085", "grpc://host:8085", "host:8085/", "host/path:8085", "user@host:8085", "a b:8085", "::1:8085",
     "[::1:8085", "[host]:8085"],
)  # fmt: skip
def test_a_bad_address_names_where_it_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, addr: str) -> None:
    with pytest.raises(ConfigError, match=r"^server_addr: .*is not host:port"):
        resolve_address(addr)
    monkeypatch.setenv("MODELBOX_API_ADDR", addr)
    with pytest.raises(ConfigError, match=r"^MODELBOX_API_ADDR: "):
        resolve_address()
    monkeypatch.delenv("MODELBOX_API_ADDR")
    path = tmp_path / "client.toml"
    path.write_text(f'server_addr = "{addr}"', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"client\.toml: server_addr: "):
        resolve_address(config_path=path)


@pytest.mark.parametrize("addr", ["host:8085", "box.example.org:443", "127.0.0.1:1", "[::1]:8085", "my_box-2:8085"])
def test_a_name_or_an_address_with_a_port_is_taken(addr: str) -> None:
    assert resolve_address(addr) == addr


@pytest.mark.parametrize(
    "text, problem",
    [
        ('server_adr = "a:1"', "server_adr"),
        ("server_addr = 8085", r"Expected `str`, got `int` - at `\$\.server_addr`"),
        ("server_addr", "not valid TOML"),
        ('server_addr = "\\ud800"', "not valid TOML"),
    ],
)
def test_a_bad_file_is_named_with_its_key(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "client.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"client\.toml.*{problem}"):
        read_config(path)


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="init-config"):
        resolve_address(config_path=tmp_path / "missing.toml")
    (tmp_path / "latin.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "latin.toml")


def test_the_journal_is_where_environment_file_or_default_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MODELBOX_JOURNAL_DIR")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve_journal() == JournalSettings(tmp_path / ".local" / "state" / "modelbox" / "journal")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert resolve_journal() == JournalSettings(tmp_path / "state" / "modelbox" / "journal")
    (tmp_path / "modelbox_client.toml").write_text('journal_dir = "~/mine"\njournal_bytes_max = 1000\n')
    assert resolve_journal() == JournalSettings(tmp_path / "mine", bytes_max=1000)
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", "here")
    assert resolve_journal() == JournalSettings(tmp_path / "here", bytes_max=1000)


def test_the_journal_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELBOX_JOURNAL", "off")
    assert resolve_journal() is None
    monkeypatch.setenv("MODELBOX_JOURNAL", "0")
    with pytest.raises(ConfigError, match=r"^MODELBOX_JOURNAL: '0' is neither on nor off"):
        resolve_journal()


def test_the_server_of_files_is_found_like_the_server_and_need_not_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MODELBOX_BLOB_ADDR", raising=False)
    assert resolve_blob_address() == ""
    (tmp_path / "modelbox_client.toml").write_text('blob_addr = "file:1"\n', encoding="utf-8")
    assert resolve_blob_address() == "file:1"
    monkeypatch.setenv("MODELBOX_BLOB_ADDR", "environment:1")
    assert resolve_blob_address() == "environment:1"
    assert resolve_blob_address("argument:1") == "argument:1"
    with pytest.raises(ConfigError, match=r"^blob_addr: .*is not host:port"):
        resolve_blob_address("host")


def test_the_cache_is_where_it_is_configured_and_can_be_switched_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MODELBOX_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert resolve_cache() == CacheSettings(tmp_path / "xdg" / "modelbox", CACHE_BYTES_MAX)
    (tmp_path / "modelbox_client.toml").write_text('cache_dir = "kept"\ncache_bytes_max = 5\n', encoding="utf-8")
    assert resolve_cache() == CacheSettings(tmp_path / "kept", 5)
    monkeypatch.setenv("MODELBOX_CACHE_DIR", str(tmp_path / "here"))
    assert resolve_cache() == CacheSettings(tmp_path / "here", 5)
    (tmp_path / "modelbox_client.toml").write_text("cache_bytes_max = 0\n", encoding="utf-8")
    assert resolve_cache() is None
    (tmp_path / "modelbox_client.toml").unlink()
    monkeypatch.setenv("MODELBOX_CACHE", "off")
    assert resolve_cache() is None
    monkeypatch.setenv("MODELBOX_CACHE", "maybe")
    with pytest.raises(ConfigError, match="neither on nor off"):
        resolve_cache()

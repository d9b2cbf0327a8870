"""The cache of downloaded files: right or not at all, within its bound, never in anybody's way."""

import hashlib
import os
from pathlib import Path

import pytest

from modelbox.transfer.cache import Cache, CacheSettings

KIB = 1024


def kept(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


def put(cache: Cache, tmp_path: Path, data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    file = tmp_path / "file"
    file.write_bytes(data)
    cache.put(sha256, file)
    return sha256


def test_what_was_put_is_copied_out_and_changing_a_copy_changes_nothing(folder: Path, tmp_path: Path) -> None:
    cache = Cache(CacheSettings(folder))
    sha256 = put(cache, tmp_path, b"weights")
    (tmp_path / "file").write_bytes(b"changed")
    for name in ("one", "two"):
        copy = tmp_path / name
        assert cache.get(sha256, 7, copy)
        assert copy.read_bytes() == b"weights"
        copy.write_bytes(b"changed")


def test_what_is_not_there_is_not_given(folder: Path, tmp_path: Path) -> None:
    assert not Cache(CacheSettings(folder)).get("0" * 64, 1, tmp_path / "copy")


@pytest.mark.parametrize("damage", [b"WEIGHTS", b"weight", b""])
def test_what_was_damaged_is_thrown_away(folder: Path, tmp_path: Path, damage: bytes) -> None:
    cache = Cache(CacheSettings(folder))
    sha256 = put(cache, tmp_path, b"weights")
    [entry] = kept(folder)
    entry.write_bytes(damage)

    assert not cache.get(sha256, 7, tmp_path / "copy")
    assert kept(folder) == []


def test_what_is_not_what_it_says_is_not_kept(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"other")
    Cache(CacheSettings(folder)).put("0" * 64, file)
    assert kept(folder) == []


def test_what_was_used_longest_ago_goes_when_the_bound_is_reached(folder: Path, tmp_path: Path) -> None:
    cache = Cache(CacheSettings(folder, bytes_max=100 * KIB))
    names = []
    for number in range(10):
        names.append(put(cache, tmp_path, bytes([number]) * 10 * KIB))
        os.utime(folder / "sha256" / names[-1][:2] / names[-1][2:], (number, number))
    assert cache.get(names[0], 10 * KIB, tmp_path / "copy")

    names.append(put(cache, tmp_path, b"x" * 10 * KIB))

    assert sum(file.stat().st_size for file in kept(folder)) <= 100 * KIB
    here = [cache.get(name, 10 * KIB, tmp_path / "copy") for name in names]
    assert here[0]
    assert here[-1]
    assert not here[1]


def test_a_file_that_would_drive_out_everything_is_not_kept(folder: Path, tmp_path: Path) -> None:
    cache = Cache(CacheSettings(folder, bytes_max=100 * KIB))
    put(cache, tmp_path, b"x" * 26 * KIB)
    assert kept(folder) == []


def test_a_folder_that_cannot_be_used_is_said_once_and_left_alone(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file")
    cache = Cache(CacheSettings(folder))
    for _ in range(3):
        sha256 = put(cache, tmp_path, b"weights")
        assert not cache.get(sha256, 7, tmp_path / "copy")
    assert [record.message for record in caplog.records if "is not used any more" in record.message] != []
    assert len(caplog.records) == 1


@pytest.mark.parametrize("says", ["/{}", "..sha256/../../victim", "{}", "../../victim", ""])
def test_what_is_no_sha256_leads_nowhere(folder: Path, tmp_path: Path, says: str) -> None:
    """A server says it: it is no path, and nothing is read, written or removed by it."""
    (folder / "sha256" / "ab").mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    cache = Cache(CacheSettings(folder))
    sha256 = says.format(victim)

    assert not cache.get(sha256, 4, tmp_path / "copy")
    assert not cache.get(sha256, 5, tmp_path / "copy")
    cache.put(sha256, victim)

    assert victim.read_bytes() == b"mine"
    assert not (tmp_path / "copy").exists()
    assert kept(folder) == []

"""The store in a folder keeps the contract, and what only a folder does."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from modelbox_gateway.blobs import BlobStore, FilesystemStore
from modelbox_gateway.blobs.filesystem import LARGE_BYTES
from modelbox_gateway.errors import BlobStoreRefusedError
from tests.integration.blobs.blob_store_contract import MIB, BlobStoreContract, Objects, put


@pytest.fixture
def store(tmp_path: Path) -> FilesystemStore:
    opened = FilesystemStore(tmp_path)
    opened.prepare()
    return opened


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return lambda: len([path for path in tmp_path.rglob("*") if path.is_file()])


@pytest.fixture
def damage(store: FilesystemStore) -> Callable[[str, bytes], None]:
    def replace(sha256: str, data: bytes) -> None:
        store.place(sha256).write_bytes(data)

    return replace


class TestFilesystemStore(BlobStoreContract):
    def abandon(self, store: BlobStore) -> None:
        assert isinstance(store, FilesystemStore)
        descriptor, _ = store.temporary()
        os.close(descriptor)  # as the kernel does for a killed process


def test_what_is_being_written_is_not_abandoned(store: FilesystemStore) -> None:
    writer = store.writer()
    writer.write(b"x")
    assert list(store.abandoned()) == []
    writer.discard()


def test_a_large_blob_goes_into_the_page_cache_when_it_is_read_again(store: FilesystemStore) -> None:
    data = os.urandom(LARGE_BYTES)
    sha256, ways = put(store, data), []
    for _ in range(2):
        reader = store.reader(sha256)
        assert reader is not None
        ways.append("past it" if reader._file is not None else "through it")
        assert b"".join(iter(partial(reader.read, MIB), b"")) == data
        reader.close()
    assert ways == ["past it", "through it"]


def test_what_others_put_into_the_folder_is_left_alone(store: FilesystemStore, tmp_path: Path) -> None:
    (tmp_path / "sha256" / "ab" / "notes.txt").write_text("mine")
    assert list(store.stored()) == []
    assert put(store, b"x") in {blob.sha256 for blob in store.stored()}


def test_what_is_no_file_is_left_alone_wherever_it_stands(store: FilesystemStore, tmp_path: Path) -> None:
    """A sweep gets past it: a folder or a pipe in the place of a blob or of an upload, a link to nothing."""
    digest = "ab" * 32
    for place in (tmp_path / "tmp" / "stray", tmp_path / "aside" / digest, tmp_path / "sha256" / "ab" / digest[2:]):
        place.mkdir()
    os.mkfifo(tmp_path / "tmp" / "pipe")
    (tmp_path / "tmp" / "link").symlink_to(tmp_path / "nowhere")

    assert not any([*store.abandoned(), *store.aside(), *store.stored()])
    left = tmp_path / "tmp" / "left"
    left.write_bytes(b"x")
    assert [upload.name for upload in store.abandoned()] == ["left"]


def test_a_folder_that_cannot_be_written_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where a folder should be")
    with pytest.raises(BlobStoreRefusedError, match=r"blobs cannot be written .*; make it a folder"):
        FilesystemStore(tmp_path / "blobs").prepare()

"""Stores that other packages bring: found by their entry point, given their options, held to the contract."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelbox_gateway.blobs import BlobStore, FilesystemStore
from modelbox_gateway.blobs.opening import store_of
from modelbox_gateway.config import Config
from modelbox_gateway.errors import BlobStoreRefusedError
from modelbox_gateway.sections import PluginSettings
from tests.integration.blobs.blob_store_contract import BlobStoreContract, Objects

MODULE = """
from pathlib import Path
from modelbox_gateway.blobs import FilesystemStore

def open_shelf(options):
    return FilesystemStore(Path(options["folder"]))

def open_old(options):
    return object()
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with stores, one of which cannot be imported."""
    site = tmp_path / "site"
    (site / "shelf-1.0.dist-info").mkdir(parents=True)
    (site / "shelf_of_a_test.py").write_text(MODULE)
    (site / "shelf-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\n")
    (site / "shelf-1.0.dist-info" / "entry_points.txt").write_text(
        "[modelbox.blob_stores]\nshelf = shelf_of_a_test:open_shelf\n"
        "old = shelf_of_a_test:open_old\nbroken = shelf_of_a_test:missing\n"
    )
    monkeypatch.syspath_prepend(site)
    yield
    sys.modules.pop("shelf_of_a_test", None)


def config_of(name: str, **options: str) -> Config:
    return Config(artifact_storage="plugin", artifact_storage_plugin=PluginSettings(name=name, options=options))


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    opened = store_of(config_of("shelf", folder=str(tmp_path / "blobs")))
    opened.prepare()
    return opened


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return lambda: len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()])


@pytest.fixture
def damage(store: FilesystemStore) -> Callable[[str, bytes], None]:
    def replace(sha256: str, data: bytes) -> None:
        store.place(sha256).write_bytes(data)

    return replace


class TestPluggedStore(BlobStoreContract):
    def abandon(self, store: BlobStore) -> None:
        assert isinstance(store, FilesystemStore)
        os.close(store.temporary()[0])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nobody", r"there is no store 'nobody' .*; install its package, or name one .*shelf"),
        ("old", r"the store 'old' is made for an earlier ModelBox.*; upgrade its package"),
        ("broken", r"the store 'broken' cannot be loaded .*missing.*; mend or reinstall"),
    ],
)
def test_a_store_that_cannot_be_had_is_refused_with_a_remedy(name: str, says: str) -> None:
    with pytest.raises(BlobStoreRefusedError, match=says):
        store_of(config_of(name))

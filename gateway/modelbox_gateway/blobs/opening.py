"""From the configuration to the store that it names; stores of other packages are found by their entry points."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from modelbox_gateway.blobs.contract import BlobStore, OpenBlobStore
from modelbox_gateway.blobs.filesystem import FilesystemStore
from modelbox_gateway.blobs.s3 import S3Store
from modelbox_gateway.config import Config
from modelbox_gateway.errors import BlobStoreRefusedError
from modelbox_gateway.sections import PluginSettings

PLUGINS: Final = "modelbox.blob_stores"
"""The entry-point group of stores that packages bring."""


def store_of(config: Config) -> BlobStore:
    """Return the store of a configuration, not prepared yet.

    Raises:
        BlobStoreRefusedError: No installed package brings a store of this name, or it cannot be made.
    """
    match config.artifact_storage:
        case "filesystem":
            return FilesystemStore(Path(config.blob_folder))
        case "s3":
            return S3Store(config.artifact_storage_s3)
        case "plugin":
            return _plugged(config.artifact_storage_plugin)


def _plugged(settings: PluginSettings) -> BlobStore:
    store = _plugin(settings.name)(settings.options)
    if not hasattr(store, "claim"):
        problem = f"the store {settings.name!r} is made for an earlier ModelBox: it cannot keep whose it is"
        raise BlobStoreRefusedError(problem, remedy="upgrade its package")
    return store


def _plugin(name: str) -> OpenBlobStore:
    found = entry_points(group=PLUGINS)
    if name not in found.names:
        known = ", ".join(sorted(found.names)) or "none"
        remedy = f"install its package, or name one that is installed ({known})"
        raise BlobStoreRefusedError(f"there is no store {name!r} among the entry points {PLUGINS}", remedy=remedy)
    try:
        opened: OpenBlobStore = found[name].load()
    except (ImportError, AttributeError) as error:
        remedy = "mend or reinstall its package"
        raise BlobStoreRefusedError(f"the store {name!r} cannot be loaded ({error})", remedy=remedy) from error
    return opened

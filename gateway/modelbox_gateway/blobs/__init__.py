"""The bytes of uploaded artifacts: stores of them, and transfers to and from a store.

Must not know: event types, the wire.
"""

from modelbox_gateway.blobs.blobs import Blobs
from modelbox_gateway.blobs.contract import BlobStore, SignedLinks
from modelbox_gateway.blobs.download import Download
from modelbox_gateway.blobs.filesystem import FilesystemStore
from modelbox_gateway.blobs.upload import Digests, Upload

__all__ = ["BlobStore", "Blobs", "Digests", "Download", "FilesystemStore", "SignedLinks", "Upload"]

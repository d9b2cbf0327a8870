"""The bytes of uploaded artifacts. Must not know: events, objects, the wire."""

from modelbox_gateway.blobs.download import Download
from modelbox_gateway.blobs.store import BlobStore
from modelbox_gateway.blobs.upload import Digests, Upload

__all__ = ["BlobStore", "Digests", "Download", "Upload"]

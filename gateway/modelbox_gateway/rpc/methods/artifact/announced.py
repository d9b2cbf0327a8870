"""What a client says of a file before its bytes: checked once, in every way that a file can be uploaded."""

from typing import Final, Self

import msgspec

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import StreamRef
from modelbox_events.types.artifact import ArtifactUploaded
from modelbox_gateway.blobs import Digests
from modelbox_gateway.commands.objects import Objects
from modelbox_gateway.errors import ChecksumMismatchError, InvalidFieldError
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rules import fields, limits
from modelbox_gateway.rules.artifact import UPLOADED, File, artifact_id

_MD5_DIGITS: Final = 32


class AnnouncedFile(msgspec.Struct, frozen=True):
    """A file on its way: whose it is, its label and type, and as much as is known of its bytes."""

    field: str
    frame: pb.FileMetadata
    stream: StreamRef
    path: str
    file_type: str
    checksum: str
    sha256: str

    @classmethod
    async def of(cls, field: str, frame: pb.FileMetadata, objects: Objects) -> Self:
        """Check what `field` of a request says.

        Raises:
            InvalidFieldError: It breaks a rule.
            ObjectNotFoundError: There is no such object to belong to.
        """
        parent_id = fields.object_id(f"{field}.parent_id", frame.parent_id)
        path = fields.path(f"{field}.path", frame.path)
        file_type = requests.file_type_of(f"{field}.file_type", frame)
        checksum = fields.upload_checksum(f"{field}.checksum", frame.checksum)
        sha256 = fields.upload_checksum(f"{field}.sha256", frame.sha256)
        if len(sha256) == _MD5_DIGITS:
            raise InvalidFieldError(f"{field}.sha256", "is an MD5; give the SHA-256, or leave it empty if unknown")
        if frame.size > limits.UPLOAD_BYTES_MAX:
            raise InvalidFieldError(f"{field}.size", f"is over {limits.UPLOAD_BYTES_MAX} bytes; send the file in parts")
        stream = await objects.find(f"{field}.parent_id", parent_id)
        return cls(field, frame, stream, path, file_type, checksum, sha256)

    @property
    def has_md5(self) -> bool:
        """Whether the checksum that was announced is an MD5."""
        return len(self.checksum) == _MD5_DIGITS

    def verify(self, arrived: Digests, *, sent_sha256: str = "") -> None:
        """Compare with what arrived.

        Args:
            arrived: The bytes.
            sent_sha256: What the client said after it had sent them all.

        Raises:
            ChecksumMismatchError: It is not what was announced.
        """
        if self.frame.size and self.frame.size != arrived.size:
            raise ChecksumMismatchError(f"{self.field}.size", f"{self.frame.size} bytes", f"{arrived.size} bytes")
        digest = arrived.md5 if self.has_md5 else arrived.sha256
        for name, given, found in (("checksum", self.checksum, digest), ("sha256", self.sha256, arrived.sha256)):
            if given and given != found:
                raise ChecksumMismatchError(f"{self.field}.{name}", given, found)
        if sent_sha256 and sent_sha256 != arrived.sha256:
            raise ChecksumMismatchError("sha256", sent_sha256, arrived.sha256)

    def uploaded(self, arrived: Digests) -> ArtifactUploaded:
        """Return the event of the upload, whose bytes are durable."""
        file = File(path=self.path, file_type=self.file_type, checksum=arrived.sha256)
        return ArtifactUploaded(
            object_id=self.stream.id,
            id=artifact_id(self.stream.id, UPLOADED, file),
            path=self.path,
            file_type=self.file_type,
            size=arrived.size,
            sha256=arrived.sha256,
            md5=arrived.md5,
        )

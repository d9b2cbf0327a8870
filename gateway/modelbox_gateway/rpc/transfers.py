"""The bytes of artifacts: UploadFile, DownloadFile."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

import msgspec

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import StreamRef
from modelbox_events.types import ArtifactUploaded
from modelbox_gateway.blobs import Digests, Upload
from modelbox_gateway.commands import fields, limits
from modelbox_gateway.commands.tracked import UPLOADED, File, artifact_id
from modelbox_gateway.errors import ChecksumMismatchError, InvalidFieldError, NotUploadedError, ObjectNotFoundError
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.answers import file_message
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call

_VIEWS: Final = ("artifacts",)
_MD5_DIGITS: Final = 32


class _Announced(msgspec.Struct, frozen=True):
    """What the first frame of an upload says."""

    frame: pb.FileMetadata
    stream: StreamRef
    path: str
    file_type: str
    checksum: str


class TransferMethods:
    """The methods that carry bytes."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def upload_file(self, frames: AsyncIterator[pb.UploadFileRequest], call: Call) -> pb.UploadFileResponse:
        """Take a file: it is visible once every byte is durable and verified, and leaves nothing otherwise."""
        announced = await self._announced(await anext(frames, None))
        async with self._backend.services.blobs.upload() as upload:
            await _receive(frames, upload)
            arrived = await upload.finish()
            _verify(announced, arrived)
            await upload.keep(arrived)
        caller = call.caller(announced.frame, bytes.fromhex(arrived.sha256))
        uploaded = _uploaded(announced, arrived)
        appended = await self._backend.objects.record_upload(announced.stream, uploaded, caller)
        if appended is None:
            self._backend.freshness.found(call)
        else:
            self._backend.freshness.wrote(call, appended)
        return pb.UploadFileResponse(
            file_id=str(uploaded.id), exists=appended is None, sha256=arrived.sha256, size=arrived.size
        )

    async def download_file(
        self, request: pb.DownloadFileRequest, call: Call
    ) -> AsyncGenerator[pb.DownloadFileResponse, None]:
        """Give a file: one metadata frame, then its bytes from `offset` on."""
        file_id = fields.object_id("file_id", request.file_id)
        await self._backend.freshness.reached(call, _VIEWS)
        row = await self._backend.services.views.artifacts.get(file_id)
        if row is None:
            raise ObjectNotFoundError("file_id", "artifact", str(file_id))
        if not row.uploaded:
            raise NotUploadedError(file_id, row.path)
        if request.offset > row.size:
            raise InvalidFieldError("offset", f"{request.offset} is beyond the file's {row.size} bytes; begin again")
        blobs = self._backend.services.blobs
        async with await blobs.download(row.sha256, size=row.size, offset=request.offset) as download:
            yield pb.DownloadFileResponse(metadata=file_message(row))
            async for chunk in download.chunks():
                yield pb.DownloadFileResponse(chunks=chunk)

    async def _announced(self, first: pb.UploadFileRequest | None) -> _Announced:
        if first is None or first.WhichOneof("stream_frame") != "metadata":
            raise InvalidFieldError("metadata", "does not come first; send it in the first frame, then the bytes")
        frame = first.metadata
        parent_id = fields.object_id("metadata.parent_id", frame.parent_id)
        path = fields.path("metadata.path", frame.path)
        file_type = requests.file_type_of("metadata.file_type", frame)
        checksum = fields.upload_checksum("metadata.checksum", frame.checksum)
        if frame.sha256 and len(fields.upload_checksum("metadata.sha256", frame.sha256)) == _MD5_DIGITS:
            raise InvalidFieldError("metadata.sha256", "is an MD5; give the SHA-256, or leave it empty if unknown")
        stream = await self._backend.objects.find("metadata.parent_id", parent_id)
        return _Announced(frame, stream, path, file_type, checksum)


async def _receive(frames: AsyncIterator[pb.UploadFileRequest], upload: Upload) -> None:
    async for frame in frames:
        if frame.WhichOneof("stream_frame") != "chunks":
            raise InvalidFieldError(
                "chunks", "does not follow the first frame; send the metadata once, then only bytes"
            )
        await upload.write(frame.chunks)
        if upload.size > limits.UPLOAD_BYTES_MAX:
            raise InvalidFieldError("chunks", f"come to over {limits.UPLOAD_BYTES_MAX} bytes; send the file in parts")


def _verify(announced: _Announced, arrived: Digests) -> None:
    frame, checksum = announced.frame, announced.checksum
    if frame.size and frame.size != arrived.size:
        raise ChecksumMismatchError("metadata.size", f"{frame.size} bytes", f"{arrived.size} bytes")
    digest = arrived.md5 if len(checksum) == _MD5_DIGITS else arrived.sha256
    for field, given, found in (
        ("metadata.checksum", checksum, digest),
        ("metadata.sha256", frame.sha256.lower(), arrived.sha256),
    ):
        if given and given != found:
            raise ChecksumMismatchError(field, given, found)


def _uploaded(announced: _Announced, arrived: Digests) -> ArtifactUploaded:
    file = File(path=announced.path, file_type=announced.file_type, checksum=arrived.sha256)
    return ArtifactUploaded(
        object_id=announced.stream.id,
        id=artifact_id(announced.stream.id, UPLOADED, file),
        path=announced.path,
        file_type=announced.file_type,
        size=arrived.size,
        sha256=arrived.sha256,
        md5=arrived.md5,
    )

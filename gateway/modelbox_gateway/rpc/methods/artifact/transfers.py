"""The bytes of artifacts, through this server: UploadFile, DownloadFile; and past it: GetDownloadLink."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.blobs import Upload
from modelbox_gateway.errors import BlobDamagedError, InvalidFieldError, NotUploadedError, ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.messages.answers import file_message, timestamp
from modelbox_gateway.rpc.methods.artifact.announced import AnnouncedFile
from modelbox_gateway.rpc.methods.artifact.frames import Frame, frame_of
from modelbox_gateway.rpc.methods.artifact.recording import record_uploads
from modelbox_gateway.rules import fields, limits
from modelbox_projections import ArtifactRow
from modelbox_projections.artifacts.queries import Artifacts

_VIEWS: Final = ("artifacts",)


class TransferMethods:
    """The methods that carry bytes."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def upload_file(self, frames: AsyncIterator[Frame], call: Call) -> pb.UploadFileResponse:
        """Take a file: it is visible once every byte is durable and verified, and leaves nothing otherwise."""
        first = await anext(frames, None)
        if not isinstance(first, pb.UploadFileRequest) or first.WhichOneof("stream_frame") != "metadata":
            raise InvalidFieldError("metadata", "does not come first; send it in the first frame, then the bytes")
        announced = await AnnouncedFile.of("metadata", first.metadata, self._backend.objects)
        async with self._backend.services.blobs.upload(with_md5=announced.has_md5) as upload:
            sha256 = await _receive(frames, upload)
            arrived = await upload.finish()
            announced.verify(arrived, sent_sha256=sha256)
            await upload.keep(arrived)
        caller = call.caller(announced.frame, bytes.fromhex(arrived.sha256))
        uploaded = announced.uploaded(arrived)
        stream = announced.stream
        result = await record_uploads(self._backend, call, stream, [uploaded], caller=caller, field="metadata")
        return pb.UploadFileResponse(
            file_id=str(uploaded.id), exists=result.exists, sha256=arrived.sha256, size=arrived.size
        )

    async def download_file(
        self, request: pb.DownloadFileRequest, call: Call
    ) -> AsyncGenerator[pb.DownloadFileResponse | bytes, None]:
        """Give a file: one metadata frame, then its bytes from `offset` on."""
        row = await self._uploaded(request.file_id, call)
        if request.offset > row.size:
            raise InvalidFieldError("offset", f"{request.offset} is beyond the file's {row.size} bytes; begin again")
        blobs = self._backend.services.blobs
        async with await blobs.download(row.sha256, size=row.size, offset=request.offset) as download:
            yield pb.DownloadFileResponse(metadata=file_message(row))
            async for chunk in download.chunks():
                yield frame_of(chunk)

    async def get_download_link(self, request: pb.GetDownloadLinkRequest, call: Call) -> pb.GetDownloadLinkResponse:
        """Sign a link to a file's bytes, where the store has links; it is only given for bytes that are there."""
        row = await self._uploaded(request.file_id, call)
        blobs = self._backend.services.blobs
        if not await blobs.has(row.sha256, size=row.size):
            raise BlobDamagedError(row.sha256, f"it is missing, or does not have {row.size} bytes")
        if blobs.links is None:
            return pb.GetDownloadLinkResponse(file=file_message(row))
        url, expires_at = await blobs.run(blobs.links.download_link, row.sha256, name=row.path)
        return pb.GetDownloadLinkResponse(file=file_message(row), url=url, expires_at=timestamp(expires_at))

    async def _uploaded(self, text: str, call: Call) -> ArtifactRow:
        """Return the artifact that a request names, if its bytes are kept here."""
        file_id = fields.object_id("file_id", text)
        await self._backend.freshness.reached(call, _VIEWS)
        row = await self._backend.services.views.of(Artifacts).get(file_id)
        return check_uploaded("file_id", file_id, row)


def check_uploaded(field: str, file_id: UUID, row: ArtifactRow | None) -> ArtifactRow:
    """Return an artifact that was looked for, if there is one and its bytes are kept here.

    Raises:
        ObjectNotFoundError: There is none.
        NotUploadedError: It was tracked; its bytes are elsewhere.
    """
    if row is None:
        raise ObjectNotFoundError(field, "artifact", str(file_id))
    if not row.uploaded:
        raise NotUploadedError(field, file_id, row.path)
    return row


async def _receive(frames: AsyncIterator[Frame], upload: Upload) -> str:
    """Take the bytes; return the SHA-256 that the last frame says they have, if it does."""
    sha256 = ""
    async for frame in frames:
        if sha256:
            raise InvalidFieldError("sha256", "is not in the last frame; send it after all bytes")
        if not isinstance(frame, pb.UploadFileRequest):
            await upload.write(frame)
        elif frame.WhichOneof("stream_frame") == "sha256":
            sha256 = frame.sha256
        else:
            problem = "does not follow the first frame; send the metadata once, then only bytes"
            raise InvalidFieldError("chunks", problem)
        if upload.size > limits.UPLOAD_BYTES_MAX:
            raise InvalidFieldError("chunks", f"come to over {limits.UPLOAD_BYTES_MAX} bytes; send the file in parts")
    return sha256

"""Small files, many in one message: UploadFiles, DownloadFiles. What a call costs is more than what their bytes do."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Final

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.blobs import Digests
from modelbox_gateway.blobs.upload import Hasher
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import SMALL_FILE_BYTES_MAX, SMALL_FILES_BYTES_MAX, SMALL_FILES_MAX
from modelbox_gateway.rpc.messages.answers import file_message
from modelbox_gateway.rpc.methods.artifact.announced import AnnouncedFile
from modelbox_gateway.rpc.methods.artifact.recording import record_uploads
from modelbox_gateway.rpc.methods.artifact.transfers import check_uploaded
from modelbox_gateway.rules import fields
from modelbox_projections import ArtifactRow
from modelbox_projections.artifacts.queries import Artifacts

_VIEWS: Final = ("artifacts",)


class SmallFileMethods:
    """The methods that carry several files in a message."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._blobs = backend.services.blobs

    async def upload_files(self, request: pb.UploadFilesRequest, call: Call) -> pb.UploadFilesResponse:
        """Take files of one object: they are recorded once all are durable and verified, and none is otherwise."""
        files = await self._announced(request)
        contents = [file.content for file in request.files]
        arrived = await self._blobs.run(_digests, contents, [file.has_md5 for file in files])
        for file, digests in zip(files, arrived, strict=True):
            file.verify(digests)
        by_content = {digests.sha256: content for digests, content in zip(arrived, contents, strict=True)}
        await asyncio.gather(*(self._blobs.put(content, sha256) for sha256, content in by_content.items()))
        uploads = [file.uploaded(digests) for file, digests in zip(files, arrived, strict=True)]
        caller = call.caller(*(file.frame for file in files), *(digests.sha256.encode() for digests in arrived))
        result = await record_uploads(self._backend, call, files[0].stream, uploads, caller=caller, field="files")
        return pb.UploadFilesResponse(
            files=[
                pb.UploadFileResponse(
                    file_id=str(uploaded.id),
                    exists=uploaded.id not in result.opened,
                    sha256=uploaded.sha256,
                    size=uploaded.size,
                )
                for uploaded in uploads
            ]
        )

    async def download_files(
        self, request: pb.DownloadFilesRequest, call: Call
    ) -> AsyncGenerator[pb.DownloadFilesResponse, None]:
        """Give files, as many in a message as fit."""
        _check_count("file_ids", len(request.file_ids))
        ids = [fields.object_id(f"file_ids[{n}]", text) for n, text in enumerate(request.file_ids)]
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._backend.services.views.of(Artifacts).get_many(ids)
        rows = [check_uploaded(f"file_ids[{n}]", file_id, found.get(file_id)) for n, file_id in enumerate(ids)]
        for n, row in enumerate(rows):
            if row.size > SMALL_FILE_BYTES_MAX:
                problem = f"has {row.size} bytes; files over {SMALL_FILE_BYTES_MAX} come with DownloadFile"
                raise InvalidFieldError(f"file_ids[{n}]", problem)
        for part in _parts(rows):
            contents = await asyncio.gather(*(self._blobs.whole(row.sha256, size=row.size) for row in part))
            yield pb.DownloadFilesResponse(
                files=[
                    pb.SmallFile(metadata=file_message(row), content=content)
                    for row, content in zip(part, contents, strict=True)
                ]
            )

    async def _announced(self, request: pb.UploadFilesRequest) -> list[AnnouncedFile]:
        """Check what a request says of its files."""
        _check_count("files", len(request.files))
        objects = self._backend.objects
        files = [
            await AnnouncedFile.of(f"files[{n}].metadata", file.metadata, objects)
            for n, file in enumerate(request.files)
        ]
        together = 0
        for n, file in enumerate(request.files):
            if files[n].stream != files[0].stream:
                problem = "is not that of the first file; send one request for each object"
                raise InvalidFieldError(f"files[{n}].metadata.parent_id", problem)
            size = len(file.content)
            if size > SMALL_FILE_BYTES_MAX:
                problem = f"has {size} bytes; files over {SMALL_FILE_BYTES_MAX} go with UploadFile"
                raise InvalidFieldError(f"files[{n}].content", problem)
            together += size
        if together > SMALL_FILES_BYTES_MAX:
            problem = f"come to {together} bytes; send at most {SMALL_FILES_BYTES_MAX} at once"
            raise InvalidFieldError("files", problem)
        return files


def _check_count(field: str, count: int) -> None:
    if not 0 < count <= SMALL_FILES_MAX:
        raise InvalidFieldError(field, f"has {count} files; give 1 to {SMALL_FILES_MAX}")


def _digests(contents: Sequence[bytes], with_md5: Sequence[bool]) -> list[Digests]:
    found = []
    for content, has_md5 in zip(contents, with_md5, strict=True):
        hasher = Hasher(with_md5=has_md5)
        hasher.update(content)
        found.append(hasher.digests())
    return found


def _parts(rows: Sequence[ArtifactRow]) -> Iterator[list[ArtifactRow]]:
    """Yield the rows in parts whose bytes fit a message."""
    part: list[ArtifactRow] = []
    size = 0
    for row in rows:
        if part and size + row.size > SMALL_FILE_BYTES_MAX:
            yield part
            part, size = [], 0
        part.append(row)
        size += row.size
    if part:
        yield part

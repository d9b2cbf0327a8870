"""Uploads that begin with the file's SHA-256: BeginUpload, CompleteUpload, AbortUpload.

Bytes that the namespace has already are not sent again; others go to the store by signed links, where it has them.
Where it has none, a sample of the bytes tells a client whether it must read all of them twice: to hash and to send.
"""

from typing import Final, NamedTuple

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.ids import object_id
from modelbox_gateway.blobs import Digests, SignedLinks
from modelbox_gateway.blobs.upload import Hasher
from modelbox_gateway.errors import ChecksumMismatchError, InvalidFieldError, UploadNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import SAMPLE_BYTES, SAMPLED_FILES_MAX
from modelbox_gateway.rpc.messages.answers import timestamp
from modelbox_gateway.rpc.methods.artifact.announced import AnnouncedFile
from modelbox_gateway.rpc.methods.artifact.recording import record_uploads
from modelbox_projections.artifacts.queries import Artifacts

_VIEWS: Final = ("artifacts",)
READ_BYTES: Final = 1024 * 1024


class _Upload(NamedTuple):
    """An upload by signed links, as its id names it: by the file, and by what the store calls it."""

    name: str
    token: str

    def __str__(self) -> str:
        return f"{self.name}.{self.token}"


class SignedUploadMethods:
    """The methods around an upload whose bytes this server does not carry."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._blobs = backend.services.blobs

    async def begin_upload(self, request: pb.BeginUploadRequest, call: Call) -> pb.BeginUploadResponse:
        """Record a file whose bytes are here; else say where they may be sent to."""
        if request.sample and not request.file.sha256:
            return await self._sampled(request, call)
        self._blobs.refuse_if_lost()
        file = await self._announced(request.file)
        copy = await self._copy_of(file)
        if copy is not None:
            file.verify(copy)
            file_id, exists = await self._record(file, copy, call, request)
            return pb.BeginUploadResponse(file_id=file_id, exists=exists)
        self._backend.freshness.found(call)
        links = self._links_for(file)
        if links is None:
            return pb.BeginUploadResponse()
        name = _name_of(file)
        upload = await self._blobs.run(links.begin, name, size=file.frame.size)
        return pb.BeginUploadResponse(
            upload_id=str(_Upload(name, upload.token)),
            parts=[
                pb.SignedPart(number=part.number, url=part.url, offset=part.offset, size=part.size)
                for part in upload.parts
            ],
            expires_at=timestamp(upload.expires_at),
        )

    async def complete_upload(self, request: pb.CompleteUploadRequest, call: Call) -> pb.CompleteUploadResponse:
        """Read the bytes back; give them their place if they are the announced ones, then record the file.

        What was sent goes only when the event is there: until then a call that broke off anywhere is made again, and
        no byte is sent twice.
        """
        file = await self._announced(request.file)
        links, upload = self._upload(request.upload_id, file)
        self._blobs.refuse_if_lost()
        await self._blobs.run(links.complete, upload.name, upload.token, size=file.frame.size)
        arrived, version = await self._blobs.run(_read_back, links, upload.name, with_md5=file.has_md5)
        try:
            file.verify(arrived)
        except ChecksumMismatchError:
            await self._blobs.run(links.discard, upload.name)
            raise
        await self._blobs.run(links.keep, upload.name, arrived.sha256, version=version)
        file_id, exists = await self._record(file, arrived, call, request)
        await self._blobs.run(links.discard, upload.name)
        return pb.CompleteUploadResponse(file_id=file_id, exists=exists, sha256=arrived.sha256, size=arrived.size)

    async def abort_upload(self, request: pb.AbortUploadRequest, call: Call) -> pb.AbortUploadResponse:
        """Remove what was sent."""
        file = await self._announced(request.file)
        links, upload = self._upload(request.upload_id, file)
        await self._blobs.run(links.discard, upload.name)
        self._backend.freshness.found(call)
        return pb.AbortUploadResponse()

    async def _sampled(self, request: pb.BeginUploadRequest, call: Call) -> pb.BeginUploadResponse:
        """Say whether a file's SHA-256 is worth computing before its bytes are sent."""
        file = await AnnouncedFile.of("file", request.file, self._backend.objects)
        size = file.frame.size
        offset = size // 2
        wanted = min(SAMPLE_BYTES, size - offset)
        if len(request.sample) != wanted:
            problem = f"has {len(request.sample)} bytes; of a file of {size} send the {wanted} from {offset} on"
            raise InvalidFieldError("sample", problem)
        if self._links_for(file) is not None:
            self._backend.freshness.found(call)
            return pb.BeginUploadResponse(needs_sha256=True)
        await self._backend.freshness.reached(call, _VIEWS)
        artifacts = self._backend.services.views.of(Artifacts)
        known = await artifacts.sha256s(file.stream.namespace, size=size, limit=SAMPLED_FILES_MAX + 1)
        may_be_here = len(known) > SAMPLED_FILES_MAX or await self._blobs.any_holds(
            known, size=size, offset=offset, piece=request.sample
        )
        return pb.BeginUploadResponse(needs_sha256=may_be_here)

    def _links_for(self, file: AnnouncedFile) -> SignedLinks | None:
        links = self._blobs.links
        return None if links is None or file.frame.size < links.upload_bytes_min else links

    async def _announced(self, frame: pb.FileMetadata) -> AnnouncedFile:
        file = await AnnouncedFile.of("file", frame, self._backend.objects)
        if not file.sha256:
            raise InvalidFieldError("file.sha256", "is empty; give the file's SHA-256, or send it with UploadFile")
        return file

    async def _copy_of(self, file: AnnouncedFile) -> Digests | None:
        """Return the digests of bytes that an artifact of the same namespace has and that are here.

        Not those of other namespaces, and not a blob that no event names: knowing a hash is no right to the bytes, and
        a sweep may be about to remove an unnamed one.
        """
        artifacts = self._backend.services.views.of(Artifacts)
        row = await artifacts.uploaded_copy(file.stream.namespace, file.sha256, file.frame.size)
        if row is None or (file.has_md5 and not row.md5) or not await self._blobs.has(row.sha256, size=row.size):
            return None
        return Digests(row.size, row.sha256, row.md5)

    async def _record(
        self,
        file: AnnouncedFile,
        arrived: Digests,
        call: Call,
        request: pb.BeginUploadRequest | pb.CompleteUploadRequest,
    ) -> tuple[str, bool]:
        uploaded = file.uploaded(arrived)
        caller = call.caller(request)
        result = await record_uploads(self._backend, call, file.stream, [uploaded], caller=caller, field="file")
        return str(uploaded.id), result.exists

    def _upload(self, upload_id: str, file: AnnouncedFile) -> tuple[SignedLinks, _Upload]:
        name, _, token = upload_id.partition(".")
        if self._blobs.links is None or name != _name_of(file) or not token:
            raise UploadNotFoundError(upload_id)
        return self._blobs.links, _Upload(name, token)


def _name_of(file: AnnouncedFile) -> str:
    """Return the name of a file's upload: the same for every try, and for nobody who cannot name the file."""
    return str(object_id("upload", str(file.stream.id), file.path, file.file_type, file.sha256, str(file.frame.size)))


def _read_back(links: SignedLinks, name: str, *, with_md5: bool) -> tuple[Digests, str]:
    """Return what arrived, and which version of it that is."""
    reader = links.reader(name)
    if reader is None:
        raise UploadNotFoundError(name)
    hasher = Hasher(with_md5=with_md5)
    try:
        while data := reader.read(READ_BYTES):
            hasher.update(data)
    finally:
        reader.close()
    return hasher.digests(), reader.version

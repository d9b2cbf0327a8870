"""Bytes of the program that are to become files of objects: in a call, or kept in a file until they are sent.

Must not know: where what waits is kept.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from modelbox.errors import InvalidFieldError
from modelbox.limits import JOURNAL_FREE_BYTES_MIN
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.files import wire_file
from modelbox.values import LocalFile

_PREFIX: Final = "modelbox-content-"


def small_upload(object_id: str, path: str, content: bytes) -> pb.UploadFilesRequest:
    """Return the request that uploads bytes under a path of an object."""
    metadata = wire_file(LocalFile(path, label=path), parent_id=object_id)
    metadata.size, metadata.sha256 = len(content), hashlib.sha256(content).hexdigest()
    return pb.UploadFilesRequest(files=[pb.SmallFile(metadata=metadata, content=content)])


@contextmanager
def staged(content: bytes, path: str, *, below: Path | None) -> Iterator[LocalFile]:
    """Give a file with these bytes, in a folder of its own; it goes if the block fails, and else stays.

    Args:
        content: What it holds.
        path: Its path in the object.
        below: Where the folder is made; where temporary files are, unless given.

    Raises:
        InvalidFieldError: There is no room for it, or it cannot be written.
    """
    try:
        if below is not None:
            below.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=below))
    except OSError as error:
        raise InvalidFieldError.of("content", f"cannot be kept until it is sent: {error}") from error
    try:
        file = LocalFile(folder / (PurePosixPath(path).name or "content"), label=path)
        _write(Path(file.path), content)
        yield file
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def discard(file: LocalFile) -> None:
    """Remove a staged file, once it is sent."""
    shutil.rmtree(Path(file.path).parent, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    try:
        if shutil.disk_usage(path.parent).free < len(content) + JOURNAL_FREE_BYTES_MIN:
            problem = f"{len(content):,} bytes would leave less than {JOURNAL_FREE_BYTES_MIN:,} free on their disk"
            raise InvalidFieldError.of("content", problem)
        path.write_bytes(content)
    except OSError as error:
        raise InvalidFieldError.of("content", f"cannot be kept until it is sent: {error}") from error

"""Bytes of the program that are to become files of objects: in a call, or held in a file until they are sent."""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath

from modelbox.delivery.held import Held
from modelbox.delivery.held_files import HeldFiles
from modelbox.delivery.keeping import keeping
from modelbox.errors import InvalidFieldError
from modelbox.journal.record import Record
from modelbox.limits import JOURNAL_FREE_BYTES_MIN
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.files import files_to_upload, wire_file
from modelbox.values import LocalFile

Make = Callable[[Held], Sequence[LocalFile]]
"""Makes files in the folder that it is given, and says what their paths in the object are."""


def small_upload(object_id: str, path: str, content: bytes) -> pb.UploadFilesRequest:
    """Return the request that uploads bytes under a path of an object."""
    metadata = wire_file(LocalFile(path, label=path), parent_id=object_id)
    metadata.size, metadata.sha256 = len(content), hashlib.sha256(content).hexdigest()
    return pb.UploadFilesRequest(files=[pb.SmallFile(metadata=metadata, content=content)])


def hold_made(
    held_files: HeldFiles,
    object_id: str,
    make: Make,
    *,
    deliver: Callable[[Record], bool],
    within: Iterable[str] = (),
) -> None:
    """Hold files that are made now, and deliver the record of them; what cannot be delivered is let go.

    Args:
        make: Makes them.
        deliver: Takes the record; False if there is no room for it.
        within: The objects that the object is part of.

    Raises:
        InvalidFieldError: A path breaks a rule.
        OSError: The files cannot be kept.
    """
    held = held_files.hold_new(object_id)
    is_waiting = False
    try:
        is_waiting = deliver(keeping(object_id, held, make(held), within=within))
    finally:
        if not is_waiting:
            held.release()


def written(held: Held, path: str, write: Callable[[Path], object]) -> list[LocalFile]:
    """Have a file written into a held folder, which becomes the one with this path of its object.

    Args:
        path: Its path in the object.
        write: Writes it to the path that it is given, which has the same last part.

    Raises:
        InvalidFieldError: The path breaks a rule.
        OSError: It cannot be written.
    """
    file = held.files / PurePosixPath(path).name
    write(file)
    return files_to_upload(LocalFile(file, label=path))


def write_where_there_is_room(path: Path, content: bytes) -> None:
    """Write a file, unless its disk would be nearly full then.

    Raises:
        InvalidFieldError: It would be.
        OSError: It cannot be written.
    """
    if shutil.disk_usage(path.parent).free < len(content) + JOURNAL_FREE_BYTES_MIN:
        problem = f"{len(content):,} bytes would leave less than {JOURNAL_FREE_BYTES_MIN:,} free on their disk"
        raise InvalidFieldError.of("content", problem)
    path.write_bytes(content)

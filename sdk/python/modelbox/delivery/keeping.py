"""Held files that wait to be uploaded: which they are, whose, and what is written before and after them.

The record of them holds its own: it makes the checkpoint that they belong to, if that is not there yet, and says last
that the files are whole. It can be sent any number of times, by any process.
"""

import contextlib
import logging
import uuid
from collections.abc import Iterable, Iterator
from os import fspath
from pathlib import Path
from typing import Final

import msgspec

from modelbox.delivery.held import Held
from modelbox.errors import InvalidFieldError, NotFoundError
from modelbox.journal.aside import refused_in
from modelbox.journal.file import SUFFIX
from modelbox.journal.folder import FILES_SUFFIX, REFUSED_SUFFIX, all_files, unanswered
from modelbox.journal.record import KEEP_FILES, Record
from modelbox.limits import ATTEMPT_TIMEOUT_S
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.transfers import Transfers
from modelbox.transport.connection import Connection
from modelbox.transport.methods import CREATE_CHECKPOINT, LIST_ARTIFACTS, LIST_METADATA, UPDATE_METADATA, NamedMethod
from modelbox.values import LocalFile, OnProgress

_log: Final = logging.getLogger("modelbox")


class _File(msgspec.Struct, frozen=True):
    """One held file: its place below the held folder, its label, and its state when it was held."""

    place: str
    label: str
    size: int
    mtime_ns: int


class Keeping(msgspec.Struct, frozen=True):
    """Held files that are to be uploaded to an object.

    `create` is the request that makes the object, a checkpoint, and `finish` the one that says in its metadata that its
    files are whole; both are empty for files of an object that is there. A checkpoint that is whole already is left as
    it is, unless these files `replace` those that it has. `within` are the objects that it is part of, as far as they
    are known: a checkpoint's run.
    """

    object_id: str
    folder: str
    files: list[_File]
    create: bytes = b""
    finish: bytes = b""
    replaces: bool = False
    within: tuple[str, ...] = ()

    @property
    def held(self) -> Held:
        """The held files."""
        return Held(Path(self.folder))


def keeping(
    object_id: str,
    held: Held,
    files: Iterable[LocalFile],
    *,
    create: bytes = b"",
    finish: bytes = b"",
    replaces: bool = False,
    within: Iterable[str] = (),
) -> Record:
    """Return the record of held files.

    Args:
        files: Those below `held.files` that are to be uploaded, with their labels.
        within: The objects that the object is part of.

    Raises:
        OSError: One cannot be read.
    """
    described = [_described(held, file) for file in files]
    kept = Keeping(object_id, fspath(held.folder), described, create, finish, replaces, tuple(within))
    return Record(KEEP_FILES, msgspec.msgpack.encode(kept))


def keeping_of(record: Record) -> Keeping:
    """Return what a record of held files says.

    Raises:
        msgspec.MsgspecError: It is none.
    """
    return msgspec.msgpack.decode(record.request, type=Keeping)


def held_bytes(record: Record) -> int:
    """Return how large the files are that a record holds, in bytes; 0 if it holds none."""
    return sum(file.size for file in keeping_of(record).files) if record.method == KEEP_FILES else 0


def release(record: Record) -> None:
    """Let go what a record holds, if it holds any: it is done with."""
    if record.method == KEEP_FILES:
        keeping_of(record).held.release()


def held_by(journals: Path) -> Iterator[Path]:
    """Return the held folders that the journals in a folder name, and what is set aside beside them.

    Raises:
        OSError: One cannot be read.
    """
    # What is refused in between is set aside before its journal goes, so those are looked for later.
    for path in all_files(journals, SUFFIX, FILES_SUFFIX):
        with contextlib.suppress(FileNotFoundError):  # answered by now, or set aside
            yield from _named_by(unanswered(path))
    for path in all_files(journals, REFUSED_SUFFIX):
        with contextlib.suppress(FileNotFoundError):  # sent by now, or dropped
            yield from _named_by(refused.record() for _, refused in refused_in(path))


def send_files(
    connection: Connection, transfers: Transfers, record: Record, on_progress: OnProgress | None = None
) -> bytes:
    """Send held files and let them go; return nothing, for nobody waits for an answer.

    Raises:
        InvalidFieldError: They cannot be read.
        ModelBoxError: The server refused, or did not answer.
    """
    wanted = keeping_of(record)
    sending = _Sending(connection, transfers, wanted, record.key, on_progress)
    if not sending.is_done_before():
        sending.send()
    wanted.held.release()
    return b""


class _Sending:
    """One try to send held files."""

    def __init__(
        self, connection: Connection, transfers: Transfers, wanted: Keeping, key: str, on_progress: OnProgress | None
    ) -> None:
        self._connection: Final = connection
        self._transfers: Final = transfers
        self._wanted: Final = wanted
        self._held: Final = wanted.held
        self._key: Final = key
        self._on_progress: Final = on_progress

    def is_done_before(self) -> bool:
        """See that the object is there; tell whether there is no more to do."""
        wanted = self._wanted
        if not wanted.create:
            return False
        self._call(CREATE_CHECKPOINT, wanted.create, self._key)
        finish = pb.UpdateMetadataRequest.FromString(wanted.finish).metadata.json
        request = pb.ListMetadataRequest(parent_id=wanted.object_id)
        headers = self._connection.headers(LIST_METADATA)
        found = self._connection.call_once(LIST_METADATA, request, headers=headers, timeout_s=ATTEMPT_TIMEOUT_S).json
        self._tell_progress()
        if wanted.replaces:
            # What was sent and let go, by a process that could not say so any more.
            return not self._held.folder.exists() and all(found.get(key) == text for key, text in finish.items())
        return all(key in found for key in finish)

    def send(self) -> None:
        """Send the files, and say that they are whole; give them up if they are other files by now."""
        try:
            if self._is_given_up():
                return
            self._transfers.upload(self._wanted.object_id, self._files(), on_progress=self._on_progress)
            if self._is_given_up():
                return
        except (OSError, InvalidFieldError) as error:
            if self._is_given_up():
                return
            raise InvalidFieldError.of("files", f"{self._name} cannot be uploaded any more: {error}") from error
        if self._wanted.finish:
            # Told last: without it they may be cut off, and nobody should go on from them. With a key of its own.
            finish_key = uuid.uuid5(uuid.UUID(hex=self._key), UPDATE_METADATA.name).hex
            self._call(UPDATE_METADATA, self._wanted.finish, finish_key)

    @property
    def _name(self) -> str:
        """What was held: a file, or the folder that they are of."""
        return Path(self._wanted.files[0].place).parts[0]

    def _files(self) -> list[LocalFile]:
        return [LocalFile(self._held.files / file.place, label=file.label) for file in self._wanted.files]

    def _is_given_up(self) -> bool:
        """Tell whether the files are not those any more that were held; say so, unless that was said before."""
        if self._held.is_given_up:
            return True
        if not all((self._held.files / file.place).is_file() for file in self._wanted.files):
            # Whoever sent them may have let them go, and been killed before it could note that.
            if not self._have_arrived():
                _log.warning("%s was not uploaded: what was held of it is gone", self._name)
            return True
        if self._is_unchanged():
            return False
        text = "%s was written to again before it was sent, and is given up; save each checkpoint as a new file"
        _log.warning(text, self._name)
        return True

    def _have_arrived(self) -> bool:
        """Tell whether the server has files of these names and sizes."""
        missing = {(file.label, file.size) for file in self._wanted.files}
        request = pb.ListArtifactsRequest(parent_id=self._wanted.object_id)
        while True:
            headers = self._connection.headers(LIST_ARTIFACTS)
            try:
                page = self._connection.call_once(LIST_ARTIFACTS, request, headers=headers, timeout_s=ATTEMPT_TIMEOUT_S)
            except NotFoundError:
                return False
            self._tell_progress()
            missing -= {(file.path, file.size) for file in page.files if file.uploaded}
            request.page_token = page.next_page_token
            if not missing or not page.next_page_token:
                return not missing

    def _is_unchanged(self) -> bool:
        files = self._wanted.files
        try:
            return all(_state(self._held.files / file.place) == (file.size, file.mtime_ns) for file in files)
        except FileNotFoundError:
            return False

    def _call(self, method: NamedMethod, request: bytes, key: str) -> None:
        headers = self._connection.headers_with_key(key)
        self._connection.call_encoded(method, request, headers=headers, timeout_s=ATTEMPT_TIMEOUT_S)
        self._tell_progress()

    def _tell_progress(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self._name, 0, sum(file.size for file in self._wanted.files))


def _described(held: Held, file: LocalFile) -> _File:
    size, mtime_ns = _state(Path(file.path))
    return _File(Path(file.path).relative_to(held.files).as_posix(), file.label, size, mtime_ns)


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _named_by(records: Iterable[Record]) -> Iterator[Path]:
    for record in records:
        if record.method == KEEP_FILES:
            yield keeping_of(record).held.folder

"""The files that a caller means by paths, folders and `LocalFile`s, and the label each of them gets."""

import os
from collections.abc import Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path, PurePath

from modelbox.enums import FileType
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_text
from modelbox.limits import UPLOAD_FILES_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.values import LocalFile

File = str | PathLike[str] | LocalFile
"""What names a file: a path, or a `LocalFile` that says more."""

Files = File | Iterable[File]
"""One file or several; a folder stands for all files in it."""


def files_to_upload(files: Files) -> list[LocalFile]:
    """Return the files on this machine that are meant, folders walked in the order of names.

    Raises:
        InvalidFieldError: One does not exist or is no file, a folder holds none, or there are too many.
    """
    return _bounded(_existing(f"files[{index}]", file) for index, file in enumerate(_as_list(files)))


def files_to_track(files: Files) -> list[LocalFile]:
    """Return the files that are meant: a folder on this machine is walked, anything else is taken as it is written.

    Raises:
        InvalidFieldError: One has no path, a folder holds no file, or there are too many.
    """
    return _bounded(_named(f"files[{index}]", file) for index, file in enumerate(_as_list(files)))


def wire_file(file: LocalFile, *, parent_id: str = "") -> pb.FileMetadata:
    """Return what the wire says of a file before its bytes."""
    label = label_of(file.label or fspath(file.path))
    mime_type = FileType.of_path(label) if file.mime_type is None else FileType.parse(file.mime_type, field="mime_type")
    checksum = check_text("checksum", file.checksum)
    return pb.FileMetadata(parent_id=parent_id, path=label, file_type=mime_type.name, checksum=checksum)


def label_of(path: str) -> str:
    """Return a path as a label: `..` leads nowhere there, so it is left out, with what it led through.

    A URI stays as it is.
    """
    if "://" in path or ".." not in PurePath(path).parts:
        return path
    normal = PurePath(os.path.normpath(path))
    return str(PurePath(*(part for part in normal.parts if part != "..")))


def _as_list(files: Files) -> list[File]:
    if isinstance(files, (str, PathLike, LocalFile)):
        return [files]
    if not isinstance(files, Iterable):
        raise InvalidFieldError.of("files", f"needs paths, not {type(files).__name__}")
    return list(files)


def _bounded(found: Iterable[list[LocalFile]]) -> list[LocalFile]:
    files: list[LocalFile] = []
    for more in found:
        files += more
        if len(files) > UPLOAD_FILES_MAX:
            raise InvalidFieldError.of("files", f"more than {UPLOAD_FILES_MAX:,} files; send them in several calls")
    return files


def _existing(field: str, file: File) -> list[LocalFile]:
    local = _as_local_file(field, file)
    path = Path(local.path)
    if path.is_dir():
        return _walk(field, path, local.label)
    if not path.exists():
        raise InvalidFieldError.of(field, f"{str(path)[:300]!r} does not exist")
    if not path.is_file():
        raise InvalidFieldError.of(field, f"{str(path)[:300]!r} is neither a file nor a folder")
    return [local]


def _named(field: str, file: File) -> list[LocalFile]:
    local = _as_local_file(field, file)
    path = Path(local.path)
    return _walk(field, path, local.label) if "://" not in fspath(local.path) and path.is_dir() else [local]


def _as_local_file(field: str, file: File) -> LocalFile:
    local = file if isinstance(file, LocalFile) else LocalFile(file)
    if not isinstance(local.path, (str, PathLike)):
        raise InvalidFieldError.of(field, f"needs a path, not {type(local.path).__name__}")
    path = check_text(field, fspath(local.path))
    check_text(f"{field}.label", local.label)
    if not path:
        raise InvalidFieldError.of(field, "is empty; give a path")
    if "\0" in path:
        raise InvalidFieldError.of(field, "holds a NUL character, which no path has")
    return local


def _walk(field: str, folder: Path, label: str) -> list[LocalFile]:
    """Return the regular files under a folder; links to folders are not followed, for they may lead in a circle."""
    files = [
        LocalFile(path, label=f"{label}/{path.relative_to(folder).as_posix()}" if label else "")
        for path in _files_under(folder)
    ]
    if not files:
        raise InvalidFieldError.of(field, f"the folder {str(folder)[:300]!r} holds no file")
    return files


def _files_under(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        yield from (path for path in (Path(place, name) for name in sorted(names)) if path.is_file())


def _raise(error: OSError) -> None:
    raise error

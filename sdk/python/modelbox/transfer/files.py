"""The files that a caller means by paths, folders and `LocalFile`s, and the label each of them gets."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path, PurePath, PurePosixPath

from modelbox.enums import FileType
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_path, check_text
from modelbox.limits import UPLOAD_FILES_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.walking import files_under
from modelbox.values import LocalFile

File = str | PathLike[str] | LocalFile
"""What names a file: a path, or a `LocalFile` that says more."""

Files = File | Iterable[File]
"""One file or several; a folder stands for all files in it."""


def files_to_upload(files: Files, artifact_path: str | None = None) -> list[LocalFile]:
    """Return the files on this machine that are meant, folders walked in the order of names.

    Args:
        files: What the caller names.
        artifact_path: The folder of labels that they all belong below; see `upload_artifact`.

    Raises:
        InvalidFieldError: One does not exist or is no file, a folder holds none, or there are too many; one cannot be
            named as it is, or two would take one place.
    """
    folder = None if artifact_path is None else _folder_of_labels(artifact_path)
    found = _bounded(_existing(f"files[{index}]", file, folder) for index, file in enumerate(_as_list(files)))
    _check_labels(found)
    return found


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

    A URI stays as it is. Folders are parted by `/` on every system, and one place has one label.
    """
    if "://" in path:
        return path
    if ".." not in PurePath(path).parts:
        return PurePath(path).as_posix()
    normal = PurePath(os.path.normpath(path))
    return PurePath(*(part for part in normal.parts if part != "..")).as_posix()


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


def _folder_of_labels(artifact_path: str) -> str:
    check_path("artifact_path", artifact_path)
    if artifact_path.startswith("/"):
        raise InvalidFieldError.of("artifact_path", "is absolute; give a folder within the object, or '' for its top")
    return artifact_path


def _check_labels(files: Sequence[LocalFile]) -> None:
    """Return if every file has a label that can be sent, and a place of its own."""
    taken: dict[PurePosixPath, LocalFile] = {}
    for file in files:
        label = label_of(file.label or fspath(file.path))
        check_path("files", label)
        other = taken.setdefault(PurePosixPath(label), file)
        if other is not file and not Path(other.path).samefile(file.path):
            both = f"{fspath(other.path)[:300]!r} and {fspath(file.path)[:300]!r} would both be {label[:300]!r}"
            raise InvalidFieldError.of("files", f"{both}; give each an artifact_path or a label of its own")
    for place, file in taken.items():
        above = next((folder for folder in place.parents if folder in taken), None)
        if above is not None:
            both = f"{fspath(file.path)[:300]!r} would be {str(place)[:300]!r}, below {str(above)[:300]!r}"
            raise InvalidFieldError.of("files", f"{both}, which is a file; give it another label")


def _existing(field: str, file: File, folder: str | None) -> list[LocalFile]:
    local = _as_local_file(field, file)
    path = Path(local.path)
    if path.is_dir():
        label = local.label
        if not label and folder is None and path.is_absolute():
            # Named as its relative path would name it: where it lies on this machine tells others nothing.
            return _walk(field, path, Path(os.path.normpath(path)).name or ".")
        return _walk(field, path, label if folder is None else f"{folder or '.'}/{label}")
    if not path.exists():
        raise InvalidFieldError.of(field, f"{str(path)[:300]!r} does not exist")
    if not path.is_file():
        raise InvalidFieldError.of(field, f"{str(path)[:300]!r} is neither a file nor a folder")
    if folder is not None:
        return [replace(local, label=label_of(f"{folder or '.'}/{local.label or path.name}"))]
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
    """Return the files under a folder, those of linked folders too, labelled below `label` or as their paths say."""
    files = [
        LocalFile(path, label=label_of(f"{label}/{path.relative_to(folder).as_posix()}") if label else "")
        for path in files_under(field, folder)
    ]
    if not files:
        raise InvalidFieldError.of(field, f"the folder {str(folder)[:300]!r} holds no file")
    return files

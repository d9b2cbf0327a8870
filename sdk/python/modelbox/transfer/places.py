"""Where an artifact belongs below a folder.

An artifact's path is a label that someone else wrote. It may lead anywhere; here it is only a name below the folder.
"""

from pathlib import Path, PurePosixPath, PureWindowsPath

from modelbox.errors import InvalidFieldError
from modelbox.proto import modelstore_pb2 as pb


def place_of(label: str, *, file_id: str) -> PurePosixPath:
    """Return where an artifact with this label belongs below a folder.

    A relative label keeps its folders. Of one that is absolute, names a drive or holds `..`, only the last part
    counts; a label without any usable part gives way to the artifact's id.
    """
    return _name_below(label) or _name_below(file_id) or PurePosixPath("artifact")


def _name_below(label: str) -> PurePosixPath | None:
    windows = PureWindowsPath(label)
    parts = [part for part in PurePosixPath(label.replace("\\", "/")).parts if part not in {"/", "//", ".", ""}]
    leads_away = bool(windows.drive or windows.root) or "://" in label or ".." in parts
    names = [part.replace(":", "_").replace("\0", "_") for part in (parts[-1:] if leads_away else parts)]
    return PurePosixPath(*names) if names and names != [".."] else None


def target_of(folder: Path, file: pb.FileMetadata) -> Path:
    """Return where a file goes, and make the folders above it.

    Raises:
        InvalidFieldError: Something is in its way, or a link would lead it out of the folder.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidFieldError.of("destination", f"{str(folder)[:300]!r} is a file; give a folder")
    target = folder / place_of(file.path, file_id=file.id)
    # A link inside the folder could still lead out of it; asked before anything is made there.
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        problem = f"{str(target)[:300]!r} leads out of the folder through a link"
        raise InvalidFieldError.of("destination", problem)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        raise InvalidFieldError.of("destination", f"{str(target)[:300]!r} is a folder; the artifact has this name")
    return target

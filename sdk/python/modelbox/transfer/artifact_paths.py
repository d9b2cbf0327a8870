"""Where artifacts belong below a folder.

An artifact's path is text that someone else wrote. It may lead anywhere; here it is only a name below the folder.
"""

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final, NamedTuple

from modelbox.errors import InvalidFieldError
from modelbox.proto import modelstore_pb2 as pb

_UNUSABLE_ON_WINDOWS: Final = re.compile(r'[<>:"|?*]')
_WRITTEN_ON_WINDOWS: Final = re.compile(r"[A-Za-z]:\\|\\\\")
_IS_WINDOWS: Final = os.name == "nt"


class ArtifactPath(NamedTuple):
    """An artifact's path, taken apart. Two that are equal mean one file."""

    leads_away: bool
    names: tuple[str, ...]


def parsed(path: str, *, windows: bool = _IS_WINDOWS) -> ArtifactPath:
    """Take a path apart: whether it leads out of any folder, and the names in it.

    Args:
        path: An artifact's path.
        windows: Whether names must be such as Windows takes. Elsewhere they stay as they are: a backslash or a colon
            is a character like any other, but in a path that begins like an absolute path of Windows.
    """
    from_windows = windows or _WRITTEN_ON_WINDOWS.match(path) is not None
    parts = PurePosixPath(path.replace("\\", "/") if from_windows else path).parts
    names = [part.replace("\0", "_") for part in parts if part not in {"/", "//", "."}]
    is_absolute = path.startswith("/") or "://" in path
    if from_windows:
        is_absolute = is_absolute or bool(PureWindowsPath(path).drive or PureWindowsPath(path).root)
    if windows:
        names = [_UNUSABLE_ON_WINDOWS.sub("_", name) for name in names]
    return ArtifactPath(is_absolute or ".." in names, tuple(names))


def path_below(path: str, *, file_id: str, windows: bool = _IS_WINDOWS) -> PurePosixPath:
    """Return where an artifact with this path belongs below a folder.

    A relative path keeps its folders. Of one that is absolute, names a drive or holds `..`, only the last part
    counts; a path without any usable part gives way to the artifact's id.
    """
    return _name_below(path, windows=windows) or _fallback(file_id)


def _name_below(path: str, *, windows: bool = _IS_WINDOWS) -> PurePosixPath | None:
    leads_away, names = parsed(path, windows=windows)
    names = names[-1:] if leads_away else names
    return PurePosixPath(*names) if names and names != ("..",) else None


def _fallback(file_id: str) -> PurePosixPath:
    """Return the id as a name; what a server calls an id may be anything."""
    return _name_below(file_id) or PurePosixPath("artifact")


def targets_of(files: Sequence[pb.FileMetadata], folder: Path) -> list[Path]:
    """Return where files go that are downloaded together; of those that would take one place, each keeps its folders.

    Raises:
        InvalidFieldError: Two have one path or one stands in the other's way, something is in the way of one, or a link
            would lead one out of the folder.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidFieldError.of("destination", f"{str(folder)[:300]!r} is a file; give a folder")
    short = [path_below(file.path, file_id=file.id) for file in files]
    times = Counter(short)
    places = [_whole_path_below(file) if times[place] > 1 else place for file, place in zip(files, short, strict=True)]
    taken: dict[PurePosixPath, pb.FileMetadata] = {}
    for place, file in zip(places, files, strict=True):
        if place in taken:
            both = f"the artifacts {taken[place].id} and {file.id} are both {file.path[:300]!r}"
            raise InvalidFieldError.of("artifacts", f"{both}; download them into different folders")
        taken[place] = file
    for place, file in taken.items():
        above = next((taken[folder] for folder in place.parents if folder in taken), None)
        if above is not None:
            problem = f"{file.path[:300]!r} is below {above.path[:300]!r}, which is a file"
            raise InvalidFieldError.of("artifacts", f"{problem}; download them into different folders")
    return [_target_of(folder, place) for place in places]


def _whole_path_below(file: pb.FileMetadata) -> PurePosixPath:
    names = [name for name in parsed(file.path).names if name != ".."]
    return PurePosixPath(*names) if names else _fallback(file.id)


def _target_of(folder: Path, place: PurePosixPath) -> Path:
    target = folder / place
    # A link inside the folder could still lead out of it; asked before anything is made there.
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        problem = f"{str(target)[:300]!r} leads out of the folder through a link"
        raise InvalidFieldError.of("destination", problem)
    in_the_way = next((above for above in target.parents if above.exists() and not above.is_dir()), None)
    if in_the_way is not None:
        problem = f"{str(in_the_way)[:300]!r} is a file; the artifact needs a folder of this name"
        raise InvalidFieldError.of("destination", problem)
    if target.is_dir():
        raise InvalidFieldError.of("destination", f"{str(target)[:300]!r} is a folder; the artifact has this name")
    return target

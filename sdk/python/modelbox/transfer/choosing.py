"""Which of an object's files are meant to be downloaded: all, one by its path, or those in a folder."""

import logging
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath

from modelbox.errors import NotFoundError, NotUploadedError
from modelbox.kinds.artifact import Artifact
from modelbox.transfer.artifact_paths import ArtifactPath, parsed, path_below
from modelbox.transfer.tracking import names_of

_log = logging.getLogger("modelbox")


def chosen(artifacts: Sequence[Artifact], path: str = "") -> list[Artifact]:
    """Return the uploaded ones, of several with one path the newest, and warn about those that were only tracked.

    Args:
        artifacts: Those of an object, the newest first.
        path: That of one of them, or of a folder in the object; all, if it is empty.

    Raises:
        NotFoundError: None has this path or is below it.
        NotUploadedError: There are some, and all of them were only tracked.
    """
    meant = [artifact for artifact in artifacts if _is_meant(artifact, path)] if path else list(artifacts)
    if path and not meant:
        raise _unfound(artifacts, path)
    newest: dict[ArtifactPath, Artifact] = {}
    for artifact in meant:
        if artifact.uploaded:
            newest.setdefault(parsed(artifact.path), artifact)
    tracked = [artifact.path for artifact in meant if not artifact.uploaded and parsed(artifact.path) not in newest]
    if tracked:
        only = "only tracked, not uploaded: there are no bytes to download but where they were then"
        problem = f"artifacts: {names_of(tracked)}: {only}"
        if not newest:
            raise NotUploadedError(
                f"{problem}; whoever has them can send them by upload_artifact(…)", field="artifacts"
            )
        _log.warning("%s; left out", problem)
    return list(newest.values())


def chosen_one(artifacts: Sequence[Artifact], path: str) -> Artifact:
    """Return the newest uploaded artifact with a path; see `chosen` for what it raises."""
    return chosen([artifact for artifact in artifacts if _has_path(artifact, path)] or _none(artifacts, path), path)[0]


def _has_path(artifact: Artifact, path: str) -> bool:
    return artifact.path == path or _path_of(artifact) == PurePosixPath(path)


def _is_meant(artifact: Artifact, path: str) -> bool:
    return _has_path(artifact, path) or PurePosixPath(path) in _path_of(artifact).parents


def _path_of(artifact: Artifact) -> PurePosixPath:
    return path_below(artifact.path, file_id=artifact.id)


def _none(artifacts: Sequence[Artifact], path: str) -> Sequence[Artifact]:
    raise _unfound(artifacts, path)


def _unfound(artifacts: Sequence[Artifact], path: str) -> NotFoundError:
    names = list(dict.fromkeys(str(_path_of(artifact)) for artifact in artifacts))
    near = get_close_matches(path, names) or names
    there_are = f"there are {names_of(near)}" if near else "it has no files"
    return NotFoundError(f"path: the object has no file {path[:300]!r}; {there_are}", field="path")

"""Artifacts: files that belong to an object."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, Final

from modelbox.client_calls import ClientCalls
from modelbox.enums import FileType
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_text
from modelbox.logged import Logged
from modelbox.proto import modelstore_pb2 as pb
from modelbox.session import Session
from modelbox.values import OnProgress
from modelbox.wire import time_of


class _NoClient:
    """Stands where an artifact that was made by hand has no client, and says so when one is needed."""

    def __reduce__(self) -> str:
        return "_NO_CLIENT"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise InvalidFieldError.of("artifact", "it was made without a client; take one that `artifacts()` returns")


_NO_CLIENT: Final[Any] = _NoClient()


@dataclass(frozen=True, slots=True, repr=False)
class Artifact(Logged):
    """A file that belongs to an object; metrics, metadata and events can be logged on it too.

    `path` is a label or URI. An uploaded file's bytes are kept by ModelBox: it has a `size` in bytes and a `sha256`
    (hexadecimal). A tracked file's are kept elsewhere, and its `checksum` is whatever was given with it. `created_at`,
    when it was uploaded last, is None in what `upload_artifact` returns; `artifacts()` has it.

    Only an artifact that a client returned can be downloaded and logged on; one made by hand has no client.
    """

    parent: str
    path: str
    mime_type: FileType = FileType.UNDEFINED
    checksum: str = ""
    id: str = ""
    size: int = 0
    sha256: str = ""
    uploaded: bool = False
    created_at: datetime | None = None
    _session: Session = field(default=_NO_CLIENT, repr=False, compare=False)

    def __repr__(self) -> str:
        """Return the artifact in a line."""
        # Loaded when something is shown.
        from modelbox.display.line import line_of  # noqa: PLC0415  # see above

        return line_of(self)

    def download(
        self,
        dst_path: str | PathLike[str] = ".",
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Path:
        """Download it into a folder, verified; see `LoggedObject.download_artifact`."""
        [place] = self._session.transfers.download(
            [wire_artifact(self)], Path(dst_path), overwrite=overwrite, on_progress=on_progress
        )
        return place


class ArtifactCalls(ClientCalls):
    """What a client does with files of any objects."""

    def download_artifact(
        self,
        artifact: Artifact | str,
        destination: str | PathLike[str] = ".",
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Path:
        """Download an artifact of any object into a folder; see `Model.download_artifact`."""
        [place] = self.download_artifacts([artifact], destination, overwrite=overwrite, on_progress=on_progress)
        return place

    def download_artifacts(
        self,
        artifacts: Iterable[Artifact | str],
        destination: str | PathLike[str] = ".",
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> list[Path]:
        """Download artifacts of any objects, or their ids, into a folder; see `Model.download_artifact`.

        Returns:
            Where the files are, in the order of the artifacts.

        Raises:
            InvalidFieldError: Two have one path, or files are there that differ, and `overwrite` is not given; nothing
                was changed.
            ChecksumMismatchError: Other bytes arrived than the server keeps.
        """
        known = [known_artifact(artifact) for artifact in artifacts]
        return self._session.transfers.download(known, Path(destination), overwrite=overwrite, on_progress=on_progress)


def wire_artifact(artifact: Artifact) -> pb.FileMetadata:
    """Return what is known of an artifact, as the wire says it."""
    return pb.FileMetadata(id=artifact.id, path=artifact.path, size=artifact.size, sha256=artifact.sha256)


def known_artifact(artifact: Artifact | str) -> pb.FileMetadata:
    """Return what is known of an artifact or, of its id, that alone."""
    if isinstance(artifact, Artifact):
        return wire_artifact(artifact)
    return pb.FileMetadata(id=check_text("artifact", artifact))


def artifact_of(session: Session | None, file: pb.FileMetadata) -> Artifact:
    """Return the artifact that the wire describes; without a session it cannot be logged on or downloaded."""
    return Artifact(
        parent=file.parent_id,
        path=file.path,
        mime_type=FileType(file.file_type),
        checksum=file.checksum,
        id=file.id,
        size=file.size,
        sha256=file.sha256,
        uploaded=file.uploaded,
        created_at=time_of(file.created_at) if file.HasField("created_at") else None,
        _session=_NO_CLIENT if session is None else session,
    )

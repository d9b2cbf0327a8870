"""What models and model versions have in common: metrics, metadata and artifacts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

from modelbox.fields import check_text
from modelbox.limits import TRACK_FILES_MAX
from modelbox.metadata import decode_metadata, encode_metadata
from modelbox.proto import modelstore_pb2 as pb
from modelbox.session import Session
from modelbox.transfer.download import download
from modelbox.transfer.files import Files, files_to_track, files_to_upload, wire_file
from modelbox.transfer.upload import upload
from modelbox.transport import methods
from modelbox.values import Artifact, MetricPoint, OnProgress
from modelbox.wire import all_pages, artifact_of, points_of


class LoggedObject:
    """An object that metrics, metadata and artifacts can be logged on."""

    __slots__ = ()

    id: str
    _session: Session

    def log_metrics(self, metrics: Mapping[str, Any], step: Any = 0, wallclock: float | datetime | None = None) -> None:
        """Log one point a key. Returns at once: the points are sent in the background, `flush` waits for them.

        A server that is away is no error here: points wait in memory, up to `limits.BUFFER_POINTS_MAX` of them, and
        are then dropped, which is warned about once and counted (`ModelBox.delivery`). They are not kept on disk.

        Args:
            metrics: A number, string or bytes for each key; also a scalar of numpy or torch. NaN and infinity are kept.
            step: Place in the training, a whole number from 0. Points of one step are ordered by wallclock.
            wallclock: Seconds since the epoch or an aware datetime; now, unless given.

        Raises:
            InvalidFieldError: A key, value, step or wallclock breaks a rule; nothing of the call is logged.
            ClosedError: The client was closed.
        """
        self._session.sender.log(self.id, metrics, step, wallclock)

    def metrics(self, *keys: str) -> dict[str, list[MetricPoint]]:
        """Return the points by key, each key's by step, then wallclock; all keys unless some are given.

        Points that this client has logged are waited for.
        """
        self._session.flush()
        request = pb.GetMetricsRequest(parent_id=self.id, keys=[check_text("keys", key) for key in keys], columns=True)
        return points_of(self._session.connection.call(methods.GET_METRICS, request).series)

    def update_metadata(self, key: str | Mapping[str, Any], value: Any = None) -> None:
        """Write a key's value, or with a dict those of several keys at once. Other keys stay as they are.

        Args:
            value: Anything that JSON can hold; also arrays of numpy and torch. At most `limits.VALUE_BYTES_MAX` bytes.

        Raises:
            InvalidFieldError: The key or value breaks a rule.
        """
        metadata = key if isinstance(key, Mapping) else {key: value}
        request = pb.UpdateMetadataRequest(parent_id=self.id, metadata=pb.Metadata(json=encode_metadata(metadata)))
        self._session.connection.call(methods.UPDATE_METADATA, request)

    def metadata(self) -> dict[str, Any]:
        """Return all metadata by key."""
        request = pb.ListMetadataRequest(parent_id=self.id)
        return decode_metadata(self._session.connection.call(methods.LIST_METADATA, request).json)

    def upload_artifact(self, files: Files, *, on_progress: OnProgress | None = None) -> list[Artifact]:
        """Upload files; of a folder, all files in it. The same bytes under the same path are kept once.

        Args:
            files: A path, a `LocalFile`, or several.
            on_progress: Called after each piece; from another thread.

        Returns:
            The artifacts, in the order of the files.

        Raises:
            InvalidFieldError: A file does not exist; then none was uploaded.
        """
        local = files_to_upload(files)
        return [upload(self._session.connection, self.id, file, on_progress) for file in local]

    def track_artifacts(self, files: Files) -> list[Artifact]:
        """Record where files are kept, without sending them: paths or URIs; of a local folder, all files in it.

        Returns:
            The artifacts, in the order of the files.

        Raises:
            InvalidFieldError: A path breaks a rule.
        """
        tracked = [wire_file(file, parent_id=self.id) for file in files_to_track(files)]
        artifacts: list[Artifact] = []
        for start in range(0, len(tracked), TRACK_FILES_MAX):
            part = tracked[start : start + TRACK_FILES_MAX]
            response = self._session.connection.call(methods.TRACK_ARTIFACTS, pb.TrackArtifactsRequest(files=part))
            for file, file_id in zip(part, response.file_ids, strict=True):
                file.id = file_id
                file.created_at.CopyFrom(response.created_at)
            artifacts += map(artifact_of, part)
        return artifacts

    def artifacts(self, *, limit: int | None = None) -> list[Artifact]:
        """Return the artifacts, newest first; all of them unless a limit is given."""

        def read(token: str, size: int) -> tuple[Iterable[pb.FileMetadata], str]:
            request = pb.ListArtifactsRequest(parent_id=self.id, page_size=size, page_token=token)
            response = self._session.connection.call(methods.LIST_ARTIFACTS, request)
            return response.files, response.next_page_token

        return [artifact_of(file) for file in all_pages(read, limit=limit)]

    def download_artifact(
        self,
        artifact: Artifact | str,
        destination: str | PathLike[str] = ".",
        *,
        on_progress: OnProgress | None = None,
    ) -> Path:
        """Download an artifact into a folder, verified; it is in place only when it is whole.

        Args:
            artifact: The artifact or its id.
            destination: The folder, made if it is missing. The file's place in it is the artifact's path; of one that
                is absolute or leads elsewhere, only its last part counts.

        Returns:
            Where the file is.

        Raises:
            ChecksumMismatchError: Other bytes arrived than the server keeps.
        """
        file_id = artifact.id if isinstance(artifact, Artifact) else check_text("artifact", artifact)
        return download(self._session.connection, file_id, Path(destination), on_progress)


@dataclass(frozen=True, slots=True)
class ObjectRef(LoggedObject):
    """An object of which only the id is known: nothing was read, and it may not exist."""

    id: str
    _session: Session = field(repr=False, compare=False)

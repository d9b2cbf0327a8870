"""The low-level client: the calls of the service one by one, with its own messages as answers.

For programs that were written for it; `ModelBox` does more with less. What it does not do: buffer metric points, keep
calls while the server is away, or say that runs are alive.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from os import PathLike, fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from modelbox.config import resolve_address
from modelbox.enums import FileType, MLFramework
from modelbox.fields import check_metric_value, check_step, check_time, check_wallclock
from modelbox.kinds.artifact import Artifact, artifact_of
from modelbox.kinds.experiment import CREATE_EXPERIMENT, GET_EXPERIMENT, LIST_EXPERIMENTS
from modelbox.kinds.model import CREATE_MODEL, LIST_MODELS
from modelbox.kinds.model_version import CREATE_MODEL_VERSION
from modelbox.logged_events import Event, wire_event
from modelbox.metadata import decode_metadata, encode_metadata
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer.transfers import Transfers
from modelbox.transport import methods
from modelbox.transport.connection import Connection
from modelbox.values import LocalFile, MetricValue
from modelbox.wire import points_of, timestamp_of


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A file that was downloaded: its id, where it is, and its checksum (hexadecimal SHA-256), verified."""

    id: str
    path: str
    checksum: str


class ModelBoxClient:
    """A client whose methods are the calls of the service. Use it in a `with` statement, or close it."""

    def __init__(self, addr: str = "") -> None:
        """Take the server's address; see `ModelBox`. The first call opens the connection."""
        self._connection = Connection(resolve_address(addr))
        self._transfers = Transfers(self._connection)

    def create_experiment(
        self, name: str, owner: str = "", namespace: str = "", external_id: str = "", framework_proto: int = 0
    ) -> pb.CreateExperimentResponse:
        """Call CreateExperiment."""
        request = pb.CreateExperimentRequest(
            name=name,
            owner=owner,
            namespace=namespace,
            external_id=external_id,
            framework=MLFramework(framework_proto).name,
        )
        return self._connection.call(CREATE_EXPERIMENT, request)

    def get_experiment(self, id: str) -> pb.GetExperimentResponse:  # noqa: A002  # its published name
        """Call GetExperiment."""
        return self._connection.call(GET_EXPERIMENT, pb.GetExperimentRequest(id=id))

    def list_experiments(self, namespace: str = "") -> pb.ListExperimentsResponse:
        """Call ListExperiments: at most the first 1,000."""
        return self._connection.call(LIST_EXPERIMENTS, pb.ListExperimentsRequest(namespace=namespace))

    def create_checkpoint(
        self,
        experiment_id: str,
        epoch: int,
        files: Iterable[pb.FileMetadata] = (),
        metrics: Mapping[str, float] | None = None,
    ) -> pb.CreateCheckpointResponse:
        """Call CreateCheckpoint."""
        request = pb.CreateCheckpointRequest(
            experiment_id=experiment_id, epoch=check_step(epoch, field="epoch"), files=files, doubles=metrics
        )
        return self._connection.call(methods.CREATE_CHECKPOINT, request)

    def list_checkpoints(self, experiment_id: str) -> pb.ListCheckpointsResponse:
        """Call ListCheckpoints: at most the first 1,000."""
        return self._connection.call(methods.LIST_CHECKPOINTS, pb.ListCheckpointsRequest(experiment_id=experiment_id))

    def create_model(
        self,
        name: str,
        owner: str = "",
        namespace: str = "",
        task: str = "",
        description: str = "",
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> pb.CreateModelResponse:
        """Call CreateModel."""
        request = pb.CreateModelRequest(
            name=name,
            owner=owner,
            namespace=namespace,
            task=task,
            description=description,
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
        )
        return self._connection.call(CREATE_MODEL, request)

    def list_models(self, namespace: str = "") -> pb.ListModelsResponse:
        """Call ListModels: at most the first 1,000."""
        return self._connection.call(LIST_MODELS, pb.ListModelsRequest(namespace=namespace))

    def create_model_version(
        self,
        model_id: str,
        version: str = "",
        name: str = "",
        description: str = "",
        files: Iterable[pb.FileMetadata] = (),
        *,
        framework_proto: int = 0,
        unique_tags: Iterable[str] = (),
    ) -> pb.CreateModelVersionResponse:
        """Call CreateModelVersion."""
        request = pb.CreateModelVersionRequest(
            model=model_id,
            name=name,
            version=version,
            description=description,
            files=files,
            framework=MLFramework(framework_proto).name,
            unique_tags=unique_tags,
        )
        return self._connection.call(CREATE_MODEL_VERSION, request)

    def list_model_versions(self, model_id: str) -> pb.ListModelVersionsResponse:
        """Call ListModelVersions: at most the first 1,000."""
        return self._connection.call(methods.LIST_MODEL_VERSIONS, pb.ListModelVersionsRequest(model=model_id))

    def update_metadata(self, parent_id: str, key: str, value: Any) -> pb.UpdateMetadataResponse:
        """Call UpdateMetadata with one key."""
        metadata = pb.Metadata(json=encode_metadata({key: value}))
        request = pb.UpdateMetadataRequest(parent_id=parent_id, metadata=metadata)
        return self._connection.call(methods.UPDATE_METADATA, request)

    def list_metadata(self, id: str) -> dict[str, Any]:  # noqa: A002  # its published name
        """Call ListMetadata, and return the values by key."""
        response = self._connection.call(methods.LIST_METADATA, pb.ListMetadataRequest(parent_id=id))
        return decode_metadata(response.json)

    def log_metrics(self, parent_id: str, key: str, value: MetricValue) -> pb.LogMetricsResponse:
        """Call LogMetrics: one point, acknowledged."""
        point = pb.MetricsValue(step=check_step(value.step), wallclock_s=check_wallclock(value.wallclock_time))
        match check_metric_value(key, value.value):
            case float() as number:
                point.d_val = number
            case str() as text:
                point.s_tensor = text
            case bytes() as raw:
                point.b_tensor = raw
        return self._connection.call(
            methods.LOG_METRICS, pb.LogMetricsRequest(parent_id=parent_id, key=key, value=point)
        )

    def get_all_metrics(self, parent_id: str) -> dict[str, list[MetricValue]]:
        """Call GetMetrics, and return the points by key, each key's by step, then wallclock."""
        request = pb.GetMetricsRequest(parent_id=parent_id, columns=True)
        return points_of(self._connection.call(methods.GET_METRICS, request).series)

    def log_event(self, parent_id: str, event: Event | pb.Event) -> pb.LogEventResponse:
        """Call LogEvent."""
        message = event if isinstance(event, pb.Event) else wire_event(event)
        return self._connection.call(methods.LOG_EVENT, pb.LogEventRequest(parent_id=parent_id, event=message))

    def list_events(self, parent_id: str, since: float | datetime | None = None) -> pb.ListEventsResponse:
        """Call ListEvents: at most the first 1,000, of `since` or later if it is given."""
        request = pb.ListEventsRequest(parent_id=parent_id)
        if since is not None:
            request.since.CopyFrom(timestamp_of(check_time("since", since)))
        return self._connection.call(methods.LIST_EVENTS, request)

    def track_artifacts(self, files: Iterable[pb.FileMetadata]) -> pb.TrackArtifactsResponse:
        """Call TrackArtifacts; each file names its `parent_id`."""
        return self._connection.call(methods.TRACK_ARTIFACTS, pb.TrackArtifactsRequest(files=files))

    def list_artifacts(self, id: str) -> pb.ListArtifactsResponse:  # noqa: A002  # its published name
        """Call ListArtifacts: at most the first 1,000."""
        return self._connection.call(methods.LIST_ARTIFACTS, pb.ListArtifactsRequest(parent_id=id))

    def upload_artifact(self, parent: str, path: str | PathLike[str], file_type_proto: int = 0) -> Artifact:
        """Upload one file, verified; its type is told by its extension unless given."""
        [uploaded] = self._transfers.upload(parent, [LocalFile(path, mime_type=FileType(file_type_proto) or None)])
        return artifact_of(None, uploaded)

    def download_artifact(self, id: str, path: str | PathLike[str]) -> DownloadedFile:  # noqa: A002
        """Download one file, verified, and put it where `path` says; a file that is there is replaced."""
        target = Path(path)
        # Beside the target, so that the file takes its place at once and only when it is whole.
        with TemporaryDirectory(prefix=".modelbox-", dir=target.parent) as folder:
            [arrived] = self._transfers.download([pb.FileMetadata(id=id)], Path(folder))
            with arrived.open("rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()
            arrived.replace(target)
        return DownloadedFile(id=id, path=fspath(path), checksum=checksum)

    def download_asset(self, id: str, path: str | PathLike[str]) -> DownloadedFile:  # noqa: A002
        """Download one file; the later published name of `download_artifact`."""
        return self.download_artifact(id, path)

    def close(self) -> None:
        """Close the connection; closing again does nothing."""
        self._transfers.cut()
        self._connection.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""The calls that are known, each with the types of its messages.

Here are those about objects of any kind, and the few of single kinds that delivery knows. The others of a kind stand in
its file of `kinds/`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import DecodeError, Message

from modelbox.errors import ServerError
from modelbox.ids import object_id
from modelbox.proto import modelstore_pb2 as pb

RequestT = TypeVar("RequestT", bound=Message)
ResponseT = TypeVar("ResponseT", bound=Message)

MODEL_STORE: Final = "modelbox.ModelStore"
"""The service of which calls are, unless they say so."""

_KNOWN: Final[dict[str, "Method[Any, Any]"]] = {}


@dataclass(frozen=True, slots=True)
class NamedMethod:
    """A call of which only the name is known; its messages are bytes."""

    name: str
    service: str = field(default=MODEL_STORE, kw_only=True)

    @property
    def path(self) -> str:
        """The call's path on the wire."""
        return f"/{self.service}/{self.name}"


@dataclass(frozen=True, slots=True)
class Method(NamedMethod, Generic[RequestT, ResponseT]):
    """A call. Records name it: no two services may have one of the same name.

    Attributes:
        request: What is sent.
        response: What is answered.
        writes: Whether it writes: then it carries an idempotency key.
        makes: Of a call that creates what has an id before the server answers: returns that id.
    """

    request: type[RequestT]
    response: type[ResponseT]
    writes: bool = False
    makes: Callable[[RequestT], str] | None = field(default=None, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        """Have records find it by its name."""
        if _KNOWN.setdefault(self.name, self) != self:
            raise TypeError(f"there are two calls {self.name}")

    def answer_of(self, encoded: bytes) -> ResponseT:
        """Return an answer as it came.

        Raises:
            ServerError: It is none.
        """
        try:
            return self.response.FromString(encoded)
        except DecodeError:
            problem = f"{self.name}: the answer cannot be read"
            raise ServerError(f"{problem}; what answers there is no ModelBox, or of another version") from None


def known(name: str) -> Method[Any, Any] | None:
    """Return the call of this name; None if it is not known here, such as one of another version."""
    return _KNOWN.get(name)


def _checkpoint_id(request: pb.CreateCheckpointRequest) -> str:
    unit, number = ("step", request.step) if request.HasField("step") else ("epoch", request.epoch)
    return object_id("checkpoint", request.run_id or request.experiment_id, unit, str(number))


SET_RUN_STATUS: Final = Method("SetRunStatus", pb.SetRunStatusRequest, pb.SetRunStatusResponse, writes=True)
HEARTBEAT_RUNS: Final = Method("HeartbeatRuns", pb.HeartbeatRunsRequest, pb.HeartbeatRunsResponse)
CREATE_CHECKPOINT: Final = Method(
    "CreateCheckpoint", pb.CreateCheckpointRequest, pb.CreateCheckpointResponse, writes=True, makes=_checkpoint_id
)
LIST_CHECKPOINTS: Final = Method("ListCheckpoints", pb.ListCheckpointsRequest, pb.ListCheckpointsResponse)
GET_CHECKPOINT: Final = Method("GetCheckpoint", pb.GetCheckpointRequest, pb.GetCheckpointResponse)
PROMOTE_CHECKPOINT: Final = Method(
    "PromoteCheckpoint", pb.PromoteCheckpointRequest, pb.PromoteCheckpointResponse, writes=True
)
LIST_MODEL_VERSIONS: Final = Method("ListModelVersions", pb.ListModelVersionsRequest, pb.ListModelVersionsResponse)
UPDATE_OBJECT: Final = Method("UpdateObject", pb.UpdateObjectRequest, pb.UpdateObjectResponse, writes=True)
DELETE_OBJECT: Final = Method("DeleteObject", pb.DeleteObjectRequest, pb.DeleteObjectResponse, writes=True)
RESTORE_OBJECT: Final = Method("RestoreObject", pb.RestoreObjectRequest, pb.RestoreObjectResponse, writes=True)
FIND_OBJECTS: Final = Method("FindObjects", pb.FindObjectsRequest, pb.FindObjectsResponse)
LIST_NAMESPACES: Final = Method("ListNamespaces", pb.ListNamespacesRequest, pb.ListNamespacesResponse)
UPDATE_METADATA: Final = Method("UpdateMetadata", pb.UpdateMetadataRequest, pb.UpdateMetadataResponse, writes=True)
LIST_METADATA: Final = Method("ListMetadata", pb.ListMetadataRequest, pb.ListMetadataResponse)
GET_HISTORY: Final = Method("GetHistory", pb.GetHistoryRequest, pb.GetHistoryResponse)
GET_METADATA_HISTORY: Final = Method("GetMetadataHistory", pb.GetMetadataHistoryRequest, pb.GetMetadataHistoryResponse)
LOG_HYPERPARAMETERS: Final = Method(
    "LogHyperparameters", pb.LogHyperparametersRequest, pb.LogHyperparametersResponse, writes=True
)
LIST_HYPERPARAMETERS: Final = Method(
    "ListHyperparameters", pb.ListHyperparametersRequest, pb.ListHyperparametersResponse
)
LOG_EVENT: Final = Method("LogEvent", pb.LogEventRequest, pb.LogEventResponse, writes=True)
LIST_EVENTS: Final = Method("ListEvents", pb.ListEventsRequest, pb.ListEventsResponse)
LINK_LINEAGE: Final = Method("LinkLineage", pb.LinkLineageRequest, pb.LinkLineageResponse, writes=True)
GET_LINEAGE: Final = Method("GetLineage", pb.GetLineageRequest, pb.GetLineageResponse)
LOG_METRICS: Final = Method("LogMetrics", pb.LogMetricsRequest, pb.LogMetricsResponse, writes=True)
LOG_METRICS_BATCH: Final = Method("LogMetricsBatch", pb.LogMetricsBatchRequest, pb.LogMetricsBatchResponse, writes=True)
GET_METRICS: Final = Method("GetMetrics", pb.GetMetricsRequest, pb.GetMetricsResponse)
TRACK_ARTIFACTS: Final = Method("TrackArtifacts", pb.TrackArtifactsRequest, pb.TrackArtifactsResponse, writes=True)
LIST_ARTIFACTS: Final = Method("ListArtifacts", pb.ListArtifactsRequest, pb.ListArtifactsResponse)
UPLOAD_FILE: Final = Method("UploadFile", pb.UploadFileRequest, pb.UploadFileResponse, writes=True)
UPLOAD_FILES: Final = Method("UploadFiles", pb.UploadFilesRequest, pb.UploadFilesResponse, writes=True)
DOWNLOAD_FILES: Final = Method("DownloadFiles", pb.DownloadFilesRequest, pb.DownloadFilesResponse)
BEGIN_UPLOAD: Final = Method("BeginUpload", pb.BeginUploadRequest, pb.BeginUploadResponse, writes=True)
COMPLETE_UPLOAD: Final = Method("CompleteUpload", pb.CompleteUploadRequest, pb.CompleteUploadResponse, writes=True)
ABORT_UPLOAD: Final = Method("AbortUpload", pb.AbortUploadRequest, pb.AbortUploadResponse, writes=True)
GET_DOWNLOAD_LINK: Final = Method("GetDownloadLink", pb.GetDownloadLinkRequest, pb.GetDownloadLinkResponse)
DOWNLOAD_FILE: Final = Method("DownloadFile", pb.DownloadFileRequest, pb.DownloadFileResponse)
WATCH_NAMESPACE: Final = Method("WatchNamespace", pb.WatchNamespaceRequest, pb.WatchNamespaceResponse)
GET_CLUSTER_MEMBERS: Final = Method("GetClusterMembers", pb.GetClusterMembersRequest, pb.GetClusterMembersResponse)

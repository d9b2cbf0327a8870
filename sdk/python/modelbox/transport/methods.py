"""The calls of the service, each with the types of its messages."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from google.protobuf.message import DecodeError, Message

from modelbox.errors import ServerError
from modelbox.proto import modelstore_pb2 as pb

RequestT = TypeVar("RequestT", bound=Message)
ResponseT = TypeVar("ResponseT", bound=Message)


@dataclass(frozen=True, slots=True)
class NamedMethod:
    """A call of which only the name is known; its messages are bytes."""

    name: str

    @property
    def path(self) -> str:
        """The call's path on the wire."""
        return f"/modelbox.ModelStore/{self.name}"


@dataclass(frozen=True, slots=True)
class Method(NamedMethod, Generic[RequestT, ResponseT]):
    """A call: its name, its messages, and whether it writes (then it carries an idempotency key)."""

    request: type[RequestT]
    response: type[ResponseT]
    writes: bool = False

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


CREATE_EXPERIMENT: Final = Method(
    "CreateExperiment", pb.CreateExperimentRequest, pb.CreateExperimentResponse, writes=True
)
LIST_EXPERIMENTS: Final = Method("ListExperiments", pb.ListExperimentsRequest, pb.ListExperimentsResponse)
GET_EXPERIMENT: Final = Method("GetExperiment", pb.GetExperimentRequest, pb.GetExperimentResponse)
CREATE_RUN: Final = Method("CreateRun", pb.CreateRunRequest, pb.CreateRunResponse, writes=True)
LIST_RUNS: Final = Method("ListRuns", pb.ListRunsRequest, pb.ListRunsResponse)
GET_RUN: Final = Method("GetRun", pb.GetRunRequest, pb.GetRunResponse)
SET_RUN_STATUS: Final = Method("SetRunStatus", pb.SetRunStatusRequest, pb.SetRunStatusResponse, writes=True)
HEARTBEAT_RUNS: Final = Method("HeartbeatRuns", pb.HeartbeatRunsRequest, pb.HeartbeatRunsResponse)
CREATE_CHECKPOINT: Final = Method(
    "CreateCheckpoint", pb.CreateCheckpointRequest, pb.CreateCheckpointResponse, writes=True
)
LIST_CHECKPOINTS: Final = Method("ListCheckpoints", pb.ListCheckpointsRequest, pb.ListCheckpointsResponse)
GET_CHECKPOINT: Final = Method("GetCheckpoint", pb.GetCheckpointRequest, pb.GetCheckpointResponse)
PROMOTE_CHECKPOINT: Final = Method(
    "PromoteCheckpoint", pb.PromoteCheckpointRequest, pb.PromoteCheckpointResponse, writes=True
)
CREATE_MODEL: Final = Method("CreateModel", pb.CreateModelRequest, pb.CreateModelResponse, writes=True)
LIST_MODELS: Final = Method("ListModels", pb.ListModelsRequest, pb.ListModelsResponse)
GET_MODEL: Final = Method("GetModel", pb.GetModelRequest, pb.GetModelResponse)
CREATE_MODEL_VERSION: Final = Method(
    "CreateModelVersion", pb.CreateModelVersionRequest, pb.CreateModelVersionResponse, writes=True
)
LIST_MODEL_VERSIONS: Final = Method("ListModelVersions", pb.ListModelVersionsRequest, pb.ListModelVersionsResponse)
GET_MODEL_VERSION: Final = Method("GetModelVersion", pb.GetModelVersionRequest, pb.GetModelVersionResponse)
SET_UNIQUE_TAG: Final = Method("SetUniqueTag", pb.SetUniqueTagRequest, pb.SetUniqueTagResponse, writes=True)
REMOVE_UNIQUE_TAG: Final = Method("RemoveUniqueTag", pb.RemoveUniqueTagRequest, pb.RemoveUniqueTagResponse, writes=True)
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
CREATE_DATASET: Final = Method("CreateDataset", pb.CreateDatasetRequest, pb.CreateDatasetResponse, writes=True)
LIST_DATASETS: Final = Method("ListDatasets", pb.ListDatasetsRequest, pb.ListDatasetsResponse)
GET_DATASET: Final = Method("GetDataset", pb.GetDatasetRequest, pb.GetDatasetResponse)
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

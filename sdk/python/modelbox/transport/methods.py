"""The calls of the service, each with the types of its messages."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from google.protobuf.message import Message

from modelbox.proto import modelstore_pb2 as pb

RequestT = TypeVar("RequestT", bound=Message)
ResponseT = TypeVar("ResponseT", bound=Message)


@dataclass(frozen=True, slots=True)
class Method(Generic[RequestT, ResponseT]):
    """A call: its name, its messages, and whether it writes (then it carries an idempotency key)."""

    name: str
    request: type[RequestT]
    response: type[ResponseT]
    writes: bool = False

    @property
    def path(self) -> str:
        """The call's path on the wire."""
        return f"/modelbox.ModelStore/{self.name}"


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
LIST_NAMESPACES: Final = Method("ListNamespaces", pb.ListNamespacesRequest, pb.ListNamespacesResponse)
UPDATE_METADATA: Final = Method("UpdateMetadata", pb.UpdateMetadataRequest, pb.UpdateMetadataResponse, writes=True)
LIST_METADATA: Final = Method("ListMetadata", pb.ListMetadataRequest, pb.ListMetadataResponse)
LOG_METRICS_BATCH: Final = Method("LogMetricsBatch", pb.LogMetricsBatchRequest, pb.LogMetricsBatchResponse, writes=True)
GET_METRICS: Final = Method("GetMetrics", pb.GetMetricsRequest, pb.GetMetricsResponse)
TRACK_ARTIFACTS: Final = Method("TrackArtifacts", pb.TrackArtifactsRequest, pb.TrackArtifactsResponse, writes=True)
LIST_ARTIFACTS: Final = Method("ListArtifacts", pb.ListArtifactsRequest, pb.ListArtifactsResponse)
UPLOAD_FILE: Final = Method("UploadFile", pb.UploadFileRequest, pb.UploadFileResponse, writes=True)
DOWNLOAD_FILE: Final = Method("DownloadFile", pb.DownloadFileRequest, pb.DownloadFileResponse)
WATCH_NAMESPACE: Final = Method("WatchNamespace", pb.WatchNamespaceRequest, pb.WatchNamespaceResponse)

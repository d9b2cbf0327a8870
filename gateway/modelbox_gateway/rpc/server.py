"""The gRPC server: every method under its name, health, reflection; started, drained, stopped."""

from collections.abc import Callable
from functools import partial
from typing import Final

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health  # type: ignore[attr-defined]  # re-exported without saying so
from grpc_reflection.v1alpha import reflection

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.errors import ListenError
from modelbox_gateway.rpc.admission import Admission
from modelbox_gateway.rpc.artifacts import ArtifactMethods
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.change_history import ChangeMethods
from modelbox_gateway.rpc.checkpoints import CheckpointMethods
from modelbox_gateway.rpc.datasets import DatasetMethods
from modelbox_gateway.rpc.experiments import ExperimentMethods
from modelbox_gateway.rpc.finding import FindingMethods
from modelbox_gateway.rpc.history import HistoryMethods
from modelbox_gateway.rpc.hyperparameters import HyperparameterMethods
from modelbox_gateway.rpc.identity import identify
from modelbox_gateway.rpc.limits import CONNECTION_CALLS_MAX, MESSAGE_BYTES_MAX
from modelbox_gateway.rpc.lineage import LineageMethods
from modelbox_gateway.rpc.logged_events import LoggedEventMethods
from modelbox_gateway.rpc.members import MemberMethods
from modelbox_gateway.rpc.metadata import MetadataMethods
from modelbox_gateway.rpc.methods import Handler, Method, client_stream, server_stream
from modelbox_gateway.rpc.methods import unary as unary_method
from modelbox_gateway.rpc.metrics import MetricMethods
from modelbox_gateway.rpc.model_versions import ModelVersionMethods
from modelbox_gateway.rpc.models import ModelMethods
from modelbox_gateway.rpc.namespaces import NamespaceMethods
from modelbox_gateway.rpc.objects import ObjectMethods
from modelbox_gateway.rpc.runs import RunMethods
from modelbox_gateway.rpc.signed_uploads import SignedUploadMethods
from modelbox_gateway.rpc.small_files import SmallFileMethods
from modelbox_gateway.rpc.transfers import TransferMethods
from modelbox_gateway.rpc.unique_tags import UniqueTagMethods
from modelbox_gateway.rpc.watch import WatchMethods
from modelbox_gateway.services import Services

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ModelStore"].full_name
MIN_PING_INTERVAL_MS: Final = 10_000
"""How often a client may ping a connection to keep it; one that does so more often is sent away."""

KEEPALIVE_MS: Final = 60_000
"""How long a connection with open calls may be silent before its client is asked whether it is there."""
KEEPALIVE_TIMEOUT_MS: Final = 120_000
"""How long it has to answer. Its calls end then, and what a vanished client was uploading is removed.

An answer may have to wait behind megabytes that a slow line still carries.
"""

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_concurrent_streams", CONNECTION_CALLS_MAX),
    # Two servers on one port would share its calls at random: the second one must fail to start.
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
    # Where the kernel acknowledges what nobody reads, this one counts.
    ("grpc.http2.ping_timeout_ms", KEEPALIVE_TIMEOUT_MS),
    # A server that only receives sends nothing between two pings, and must go on asking.
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", MIN_PING_INTERVAL_MS),
)


class GrpcServer:
    """The gRPC door of a process. It answers `NOT_SERVING` to health checks until `set_serving(True)`."""

    def __init__(self, services: Services, address: str, *, only_transfers: bool = False) -> None:
        """Serve `services` at `address`, `host:port`; port 0 is a free one. Either all methods or those of files."""
        self._address = address
        self._draining = False
        self._health = health.HealthServicer()
        self._server = grpc.aio.server(options=_OPTIONS)
        backend, admission = Backend.on(services), Admission()
        methods = transfer_handlers(backend) if only_transfers else method_handlers(backend, self._is_draining)
        genesis = services.log.genesis
        guarded = {name: admission.guard(name, handler, genesis=genesis) for name, handler in methods.items()}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, guarded),))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (SERVICE, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)

    async def start(self) -> int:
        """Listen and return the port.

        Raises:
            ListenError: The address is in use, or not one of this machine.
        """
        try:
            port = self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise ListenError(self._address, "gRPC could not bind it") from error
        await self.set_serving(serving=False)
        await self._server.start()
        return port

    async def set_serving(self, *, serving: bool) -> None:
        """Say what health checks are answered."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in ("", SERVICE):
            await self._health.set(name, status)

    async def stop(self, grace_s: float) -> None:
        """Take no more calls, end watches with `DRAINING`, let other calls finish; after `grace_s` cut them off."""
        self._draining = True
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)

    def _is_draining(self) -> bool:
        return self._draining


def create_grpc_server(services: Services, address: str, *, only_transfers: bool = False) -> GrpcServer:
    """Build the server; `start` makes it listen."""
    return GrpcServer(services, address, only_transfers=only_transfers)


def method_handlers(backend: Backend, is_draining: Callable[[], bool]) -> "dict[str, Handler]":
    """Return every method of `ModelStore`, wrapped, by name."""
    unary = _unary(backend)
    experiments, runs, checkpoints = ExperimentMethods(backend), RunMethods(backend), CheckpointMethods(backend)
    objects = ObjectMethods(backend)
    models, versions, tags = ModelMethods(backend), ModelVersionMethods(backend), UniqueTagMethods(backend)
    namespaces, metadata, metrics = NamespaceMethods(backend), MetadataMethods(backend), MetricMethods(backend)
    artifacts = ArtifactMethods(backend)
    history, changes, hyperparameters = HistoryMethods(backend), ChangeMethods(backend), HyperparameterMethods(backend)
    datasets, lineage, events = DatasetMethods(backend), LineageMethods(backend), LoggedEventMethods(backend)
    watch, members = WatchMethods(backend, is_draining), MemberMethods(backend)
    methods = (
        unary("CreateExperiment", pb.CreateExperimentRequest, experiments.create_experiment),
        unary("GetExperiment", pb.GetExperimentRequest, experiments.get_experiment),
        unary("ListExperiments", pb.ListExperimentsRequest, experiments.list_experiments),
        unary("CreateRun", pb.CreateRunRequest, runs.create_run),
        unary("GetRun", pb.GetRunRequest, runs.get_run),
        unary("ListRuns", pb.ListRunsRequest, runs.list_runs),
        unary("SetRunStatus", pb.SetRunStatusRequest, runs.set_run_status),
        unary("HeartbeatRuns", pb.HeartbeatRunsRequest, runs.heartbeat_runs),
        unary("CreateCheckpoint", pb.CreateCheckpointRequest, checkpoints.create_checkpoint),
        unary("GetCheckpoint", pb.GetCheckpointRequest, checkpoints.get_checkpoint),
        unary("ListCheckpoints", pb.ListCheckpointsRequest, checkpoints.list_checkpoints),
        unary("PromoteCheckpoint", pb.PromoteCheckpointRequest, versions.promote_checkpoint),
        unary("CreateModel", pb.CreateModelRequest, models.create_model),
        unary("GetModel", pb.GetModelRequest, models.get_model),
        unary("ListModels", pb.ListModelsRequest, models.list_models),
        unary("CreateModelVersion", pb.CreateModelVersionRequest, versions.create_model_version),
        unary("GetModelVersion", pb.GetModelVersionRequest, versions.get_model_version),
        unary("ListModelVersions", pb.ListModelVersionsRequest, versions.list_model_versions),
        unary("SetUniqueTag", pb.SetUniqueTagRequest, tags.set_unique_tag),
        unary("RemoveUniqueTag", pb.RemoveUniqueTagRequest, tags.remove_unique_tag),
        unary("UpdateObject", pb.UpdateObjectRequest, objects.update_object),
        unary("DeleteObject", pb.DeleteObjectRequest, objects.delete_object),
        unary("RestoreObject", pb.RestoreObjectRequest, objects.restore_object),
        unary("FindObjects", pb.FindObjectsRequest, FindingMethods(backend).find_objects),
        unary("ListNamespaces", pb.ListNamespacesRequest, namespaces.list_namespaces),
        unary("UpdateMetadata", pb.UpdateMetadataRequest, metadata.update_metadata),
        unary("ListMetadata", pb.ListMetadataRequest, metadata.list_metadata),
        unary("GetMetadataHistory", pb.GetMetadataHistoryRequest, history.get_metadata_history),
        unary("GetHistory", pb.GetHistoryRequest, changes.get_history),
        unary("LogHyperparameters", pb.LogHyperparametersRequest, hyperparameters.log_hyperparameters),
        unary("ListHyperparameters", pb.ListHyperparametersRequest, hyperparameters.list_hyperparameters),
        unary("LogEvent", pb.LogEventRequest, events.log_event),
        unary("ListEvents", pb.ListEventsRequest, events.list_events),
        unary("CreateDataset", pb.CreateDatasetRequest, datasets.create_dataset),
        unary("GetDataset", pb.GetDatasetRequest, datasets.get_dataset),
        unary("ListDatasets", pb.ListDatasetsRequest, datasets.list_datasets),
        unary("LinkLineage", pb.LinkLineageRequest, lineage.link_lineage),
        unary("GetLineage", pb.GetLineageRequest, lineage.get_lineage),
        unary("LogMetrics", pb.LogMetricsRequest, metrics.log_metrics),
        unary("LogMetricsBatch", pb.LogMetricsBatchRequest, metrics.log_metrics_batch),
        unary("GetMetrics", pb.GetMetricsRequest, metrics.get_metrics),
        unary("TrackArtifacts", pb.TrackArtifactsRequest, artifacts.track_artifacts),
        unary("ListArtifacts", pb.ListArtifactsRequest, artifacts.list_artifacts),
        *transfer_handlers(backend).items(),
        unary("GetClusterMembers", pb.GetClusterMembersRequest, members.get_cluster_members),
        server_stream("WatchNamespace", pb.WatchNamespaceRequest, watch.watch_namespace),
    )
    return dict(methods)


def transfer_handlers(backend: Backend) -> "dict[str, Handler]":
    """Return the methods that carry files, wrapped, by name: what a server of role `blobs` has."""
    unary, who = _unary(backend), partial(identify, backend.users)
    transfers, small, signed = TransferMethods(backend), SmallFileMethods(backend), SignedUploadMethods(backend)
    methods = (
        client_stream("UploadFile", pb.UploadFileRequest, transfers.upload_file, identify=who),
        server_stream("DownloadFile", pb.DownloadFileRequest, transfers.download_file),
        unary("UploadFiles", pb.UploadFilesRequest, small.upload_files),
        server_stream("DownloadFiles", pb.DownloadFilesRequest, small.download_files),
        unary("GetDownloadLink", pb.GetDownloadLinkRequest, transfers.get_download_link),
        unary("BeginUpload", pb.BeginUploadRequest, signed.begin_upload),
        unary("CompleteUpload", pb.CompleteUploadRequest, signed.complete_upload),
        unary("AbortUpload", pb.AbortUploadRequest, signed.abort_upload),
    )
    return dict(methods)


def _unary(backend: Backend) -> "partial[Method]":
    log = backend.services.log
    return partial(unary_method, identify=partial(identify, backend.users), trouble=lambda: log.trouble)

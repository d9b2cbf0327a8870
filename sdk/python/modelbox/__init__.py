"""The Python SDK of ModelBox.

import modelbox

with modelbox.ModelBox() as client:
    model = client.new_model("digits", owner="me@example.com", task="classification")
    version = model.new_model_version(framework="sklearn")
    version.log_metrics({"loss": 0.25}, step=1)
"""

from typing import TYPE_CHECKING

from modelbox.client import ModelBox
from modelbox.comparison import Comparison
from modelbox.default_client import default_client, start_run
from modelbox.enums import ArtifactMime, FileType, MLFramework, RunStatus
from modelbox.errors import (
    AccessDeniedError,
    AlreadyExistsError,
    AnotherLogError,
    ChecksumMismatchError,
    ClosedError,
    ConfigError,
    ConflictError,
    DamagedError,
    FlushTimeoutError,
    IdempotencyKeyReusedError,
    InvalidFieldError,
    LogForkedError,
    LogRewoundError,
    MissingPackageError,
    ModelBoxError,
    NotCaughtUpError,
    NotFoundError,
    NoThreadError,
    NotUploadedError,
    ObjectClosedError,
    ObjectDeletedError,
    OverloadedError,
    RefusedError,
    ResultTooLargeError,
    RunEndedError,
    SearchTooSlowError,
    ServerError,
    UnavailableError,
    UniqueTagTakenError,
    UnsupportedError,
    UploadInterruptedError,
)
from modelbox.kinds.artifact import Artifact
from modelbox.kinds.checkpoint import Checkpoint
from modelbox.kinds.dataset import Dataset
from modelbox.kinds.experiment import Experiment
from modelbox.kinds.model import Model
from modelbox.kinds.model_version import ModelVersion
from modelbox.kinds.run import Run
from modelbox.lineage import Direction, Lineage, LineageEdge, LineageNode
from modelbox.listed import Listed, Missing
from modelbox.logged_events import Event, EventSource
from modelbox.low_level import ModelBoxClient
from modelbox.ranks import is_rank_zero
from modelbox.values import (
    Change,
    ChangeKind,
    ClusterMember,
    DatasetColumn,
    Delivery,
    HistoryEntry,
    LocalFile,
    MetadataChange,
    MetricPoint,
    MetricSummary,
    MetricValue,
    Namespace,
    Source,
)

__all__ = [
    "AccessDeniedError",
    "AlreadyExistsError",
    "AnotherLogError",
    "Artifact",
    "ArtifactMime",
    "Change",
    "ChangeKind",
    "Checkpoint",
    "ChecksumMismatchError",
    "ClosedError",
    "ClusterMember",
    "Comparison",
    "ConfigError",
    "ConflictError",
    "DamagedError",
    "Dataset",
    "DatasetColumn",
    "Delivery",
    "Direction",
    "Event",
    "EventSource",
    "Experiment",
    "FileType",
    "FlushTimeoutError",
    "HistoryEntry",
    "IdempotencyKeyReusedError",
    "InvalidFieldError",
    "Lineage",
    "LineageEdge",
    "LineageNode",
    "Listed",
    "LocalFile",
    "LogForkedError",
    "LogRewoundError",
    "MLFramework",
    "MetadataChange",
    "MetricPoint",
    "MetricSummary",
    "MetricValue",
    "Missing",
    "MissingPackageError",
    "Model",
    "ModelBox",
    "ModelBoxClient",
    "ModelBoxError",
    "ModelVersion",
    "Namespace",
    "NoThreadError",
    "NotCaughtUpError",
    "NotFoundError",
    "NotUploadedError",
    "ObjectClosedError",
    "ObjectDeletedError",
    "OverloadedError",
    "RefusedError",
    "ResultTooLargeError",
    "Run",
    "RunEndedError",
    "RunStatus",
    "SearchTooSlowError",
    "ServerError",
    "Source",
    "UnavailableError",
    "UniqueTagTakenError",
    "UnsupportedError",
    "UploadInterruptedError",
    "default_client",
    "is_rank_zero",
    "start_run",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        # Loaded when it is used.
        import importlib  # noqa: PLC0415  # see above
        import sys  # noqa: PLC0415

        if name == "integrations":
            return importlib.import_module("modelbox.integrations")
        from modelbox.other_words import said_of_package  # noqa: PLC0415

        raise AttributeError(said_of_package(__name__, name, has=__all__), name=name, obj=sys.modules[__name__])

"""The Python SDK of ModelBox.

import modelbox

with modelbox.ModelBox() as client:
    model = client.new_model("digits", owner="me@example.com", task="classification")
    version = model.new_model_version(framework="sklearn")
    version.log_metrics({"loss": 0.25}, step=1)
"""

from modelbox.artifacts import Artifact
from modelbox.client import ModelBox
from modelbox.enums import FileType, MLFramework
from modelbox.errors import (
    AlreadyExistsError,
    ChecksumMismatchError,
    ClosedError,
    ConfigError,
    ConflictError,
    DamagedError,
    FlushTimeoutError,
    IdempotencyKeyReusedError,
    InvalidFieldError,
    LogForkedError,
    ModelBoxError,
    NotCaughtUpError,
    NotFoundError,
    NotUploadedError,
    ObjectClosedError,
    OverloadedError,
    PointsRefusedError,
    ResultTooLargeError,
    SearchTooSlowError,
    ServerError,
    UnavailableError,
    UniqueTagTakenError,
    UploadInterruptedError,
)
from modelbox.models import Model, ModelVersion
from modelbox.values import Change, ChangeKind, Delivery, LocalFile, MetricPoint, Namespace

__all__ = [
    "AlreadyExistsError",
    "Artifact",
    "Change",
    "ChangeKind",
    "ChecksumMismatchError",
    "ClosedError",
    "ConfigError",
    "ConflictError",
    "DamagedError",
    "Delivery",
    "FileType",
    "FlushTimeoutError",
    "IdempotencyKeyReusedError",
    "InvalidFieldError",
    "LocalFile",
    "LogForkedError",
    "MLFramework",
    "MetricPoint",
    "Model",
    "ModelBox",
    "ModelBoxError",
    "ModelVersion",
    "Namespace",
    "NotCaughtUpError",
    "NotFoundError",
    "NotUploadedError",
    "ObjectClosedError",
    "OverloadedError",
    "PointsRefusedError",
    "ResultTooLargeError",
    "SearchTooSlowError",
    "ServerError",
    "UnavailableError",
    "UniqueTagTakenError",
    "UploadInterruptedError",
]

"""From rows of the views to the messages of objects, one function a kind.

Must not know: where rows come from.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.rpc.answers import file_message, metadata_message, timestamp
from modelbox_gateway.rpc.attached import Shown
from modelbox_projections import (
    Attached,
    CheckpointRow,
    DatasetRow,
    ExperimentRow,
    ModelRow,
    ModelVersionRow,
    RunRow,
)

_encode: Final = msgspec.json.Encoder().encode


def experiment_message(row: ExperimentRow, shown: Shown) -> pb.Experiment:
    """Return an experiment with what hangs on it."""
    message = pb.Experiment(
        id=str(row.id),
        name=row.name,
        namespace=row.namespace,
        owner=row.owner,
        framework=row.framework,
        external_id=row.external_id,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        task=row.task,
        description=row.description,
        parent_id=_text(row.parent_id),
        labels=row.labels,
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        deleted_at=_time(row.deleted_at),
        files=map(file_message, shown.files),
        more_keys=shown.attached.more,
    )
    _fill_keys(message, shown.attached)
    return message


def run_message(row: RunRow, shown: Shown) -> pb.Run:
    """Return a run with what hangs on it."""
    message = pb.Run(
        id=str(row.id),
        experiment_id=str(row.experiment_id),
        namespace=row.namespace,
        name=row.name,
        status=row.status.upper(),
        started_at=timestamp(row.started_at),
        ended_at=_time(row.ended_at),
        parent_id=_text(row.parent_id),
        source=None if row.source is None else pb.Source(**row.source),
        comment=row.comment,
        owner=row.owner,
        last_heard_of_at=_time(row.last_heard_of_at),
        reason=row.reason,
        external_id=row.external_id,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        labels=row.labels,
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        deleted_at=_time(row.deleted_at),
        files=map(file_message, shown.files),
        more_keys=shown.attached.more,
    )
    _fill_keys(message, shown.attached)
    return message


def checkpoint_message(row: CheckpointRow, shown: Shown) -> pb.Checkpoint:
    """Return a checkpoint with its files and the newest value of each of its metrics."""
    doubles = {metric.key: metric.latest for metric in shown.attached.metrics}
    return pb.Checkpoint(
        id=str(row.id),
        epoch=row.epoch or 0,
        experiment_id=str(row.experiment_id),
        files=map(file_message, shown.files),
        metrics=doubles,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        run_id=_text(row.run_id),
        step=row.step,
        doubles=doubles,
        labels=row.labels,
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        deleted_at=_time(row.deleted_at),
        namespace=row.namespace,
    )


def model_message(row: ModelRow, shown: Shown) -> pb.Model:
    """Return a model with its metadata and newest files."""
    return pb.Model(
        id=str(row.id),
        name=row.name,
        owner=row.owner,
        namespace=row.namespace,
        description=row.description,
        task=row.task,
        files=map(file_message, shown.files),
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        labels=row.labels,
        deleted_at=_time(row.deleted_at),
    )


def model_version_message(row: ModelVersionRow, shown: Shown) -> pb.ModelVersion:
    """Return a model version with what hangs on it."""
    message = pb.ModelVersion(
        id=str(row.id),
        model_id=str(row.model_id),
        name=row.name,
        version=row.version,
        description=row.description,
        files=map(file_message, shown.files),
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        framework=row.framework,
        unique_tags=row.unique_tags,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        namespace=row.namespace,
        labels=row.labels,
        deleted_at=_time(row.deleted_at),
        experiment_id=_text(row.experiment_id),
        run_id=_text(row.run_id),
        checkpoint_id=_text(row.checkpoint_id),
        more_keys=shown.attached.more,
    )
    _fill_keys(message, shown.attached)
    return message


def dataset_message(row: DatasetRow, shown: Shown) -> pb.Dataset:
    """Return a dataset with its metadata."""
    return pb.Dataset(
        id=str(row.id),
        namespace=row.namespace,
        name=row.name,
        location=row.location,
        digest=row.digest,
        columns=map(_column_message, row.columns),
        row_count=row.row_count,
        column_count=row.column_count,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        labels=row.labels,
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        deleted_at=_time(row.deleted_at),
    )


def _column_message(column: Mapping[str, Any]) -> pb.DatasetColumn:
    summary = column["summary"]
    text = "" if summary is None else _encode(summary).decode()
    return pb.DatasetColumn(name=column["name"], type=column["type"], summary_json=text)


def _text(object_id: UUID | None) -> str:
    return "" if object_id is None else str(object_id)


def _time(time: datetime | None) -> Timestamp | None:
    return None if time is None else timestamp(time)


def _fill_keys(message: pb.Experiment | pb.Run | pb.ModelVersion, attached: Attached) -> None:
    """Put metrics and hyperparameters into a message, field by field: half the time of messages that are then copied.

    Lists have most of their time in it.
    """
    for row in attached.metrics:
        summary = message.metrics.add()
        summary.key = row.key
        summary.latest = row.latest
        summary.min = row.min
        summary.max = row.max
        summary.points = row.points
        summary.step = row.latest_step
    for name, value in attached.hyperparameters.items():
        hyperparameter = message.hyperparameters.add()
        hyperparameter.name = name
        hyperparameter.json = value.decode()


def hyperparameter_messages(hyperparameters: Mapping[str, bytes]) -> list[pb.Hyperparameter]:
    """Return hyperparameters, each with its value as JSON."""
    return [pb.Hyperparameter(name=name, json=value.decode()) for name, value in hyperparameters.items()]

"""Datasets: CreateDataset."""

from collections.abc import Sequence

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import NewEvent
from modelbox_events.types import DatasetColumn
from modelbox_gateway.commands import dataset, fields, json_values, limits
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.answers import timestamp
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call


class DatasetMethods:
    """The methods on datasets."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def create_dataset(self, request: pb.CreateDatasetRequest, call: Call) -> pb.CreateDatasetResponse:
        """Register a dataset; one with the same name and digest is answered as it is."""
        command = _command_of(request)
        caller = call.caller(request)
        objects, stream = self._backend.objects, command.stream
        appended = await objects.create(stream, NewEvent(dataset.created(command)), caller, field="columns")
        objects.remember(stream)
        self._backend.freshness.wrote(call, appended)
        recorded_at = timestamp(appended.recorded_at if appended else await objects.created_at(stream.id))
        return pb.CreateDatasetResponse(
            id=str(stream.id), exists=appended is None, created_at=recorded_at, updated_at=recorded_at
        )


def _command_of(request: pb.CreateDatasetRequest) -> dataset.CreateDataset:
    counts = {
        name: fields.count(name, getattr(request, name)) if request.HasField(name) else None
        for name in ("row_count", "column_count")
    }
    return dataset.CreateDataset(
        namespace=fields.namespace("namespace", request.namespace),
        name=fields.name("name", request.name),
        location=fields.location("location", request.location),
        digest=fields.digest("digest", request.digest),
        columns=_columns_of("columns", request.columns),
        row_count=counts["row_count"],
        column_count=counts["column_count"],
        labels=requests.labels_of("labels", request.labels),
        metadata=requests.metadata_of("metadata", request.metadata),
    )


def _columns_of(field: str, messages: Sequence[pb.DatasetColumn]) -> list[DatasetColumn]:
    fields.at_most(field, len(messages), limits.COLUMNS_MAX, what="columns")
    columns: list[DatasetColumn] = []
    size = 0
    for n, message in enumerate(messages):
        place = f"{field}[{n}].summary_json"
        text = message.summary_json or "null"
        summary, taken = json_values.parse(place, text, bytes_max=limits.COLUMN_SUMMARY_BYTES_MAX)
        columns.append(
            DatasetColumn(
                name=fields.short_text(f"{field}[{n}].name", message.name),
                type=fields.short_text(f"{field}[{n}].type", message.type),
                summary=summary,
            )
        )
        size += taken + len(message.name) + len(message.type)
    requests.bounded_json(field, size)
    return columns

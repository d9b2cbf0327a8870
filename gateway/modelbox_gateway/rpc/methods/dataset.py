"""Datasets: CreateDataset, GetDataset, ListDatasets."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.types.dataset import DATASET, DatasetColumn
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.lookup.listing import search_page
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import metadata_message, optional_timestamp, timestamp
from modelbox_gateway.rpc.messages.attached import ATTACHED_VIEWS, Shown, object_messages
from modelbox_gateway.rules import dataset, fields, json_values, limits
from modelbox_projections import Scope
from modelbox_projections.datasets.kind import DatasetRow, Datasets

_VIEWS: Final = ("datasets", *ATTACHED_VIEWS)
_encode: Final = msgspec.json.Encoder().encode


class DatasetMethods:
    """The methods on datasets."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def create_dataset(self, request: pb.CreateDatasetRequest, call: Call) -> pb.CreateDatasetResponse:
        """Register a dataset; one with the same name and digest is answered as it is."""
        command = _command_of(request)
        caller = call.caller(request)
        created = await self._backend.creations.create(dataset.creation(command), caller)
        self._backend.objects.remember(command.stream)
        self._backend.freshness.wrote(call, created.appended)
        recorded_at = timestamp(created.recorded_at)
        return pb.CreateDatasetResponse(
            id=str(command.stream.id), exists=created.exists, created_at=recorded_at, updated_at=recorded_at
        )

    async def get_dataset(self, request: pb.GetDatasetRequest, call: Call) -> pb.GetDatasetResponse:
        """Return one dataset by id, deleted or not."""
        dataset_id = fields.object_id("id", request.id)
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._messages([dataset_id], call)
        if not found:
            raise ObjectNotFoundError("id", DATASET, request.id)
        return pb.GetDatasetResponse(dataset=found[0])

    async def list_datasets(self, request: pb.ListDatasetsRequest, call: Call) -> bytes:
        """Return a page of a namespace's datasets, newest first unless another order is asked for."""
        scope = Scope(namespace=fields.namespace("namespace", request.namespace), recursive=request.recursive)
        page = await search_page(
            self._backend, call, request, kind=DATASET, scope=scope, views=_VIEWS, messages_of=self._messages
        )
        return page.answer(pb.ListDatasetsResponse, "datasets")

    async def _messages(self, ids: Sequence[UUID], call: Call) -> list[pb.Dataset]:
        views = self._backend.services.views
        return await object_messages(views, ids, call, view=views.of(Datasets), make=dataset_message)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on datasets."""
    datasets = DatasetMethods(backend)
    return (
        unary("CreateDataset", pb.CreateDatasetRequest, datasets.create_dataset),
        unary("GetDataset", pb.GetDatasetRequest, datasets.get_dataset),
        unary("ListDatasets", pb.ListDatasetsRequest, datasets.list_datasets),
    )


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
        deleted_at=optional_timestamp(row.deleted_at),
    )


def _column_message(column: Mapping[str, Any]) -> pb.DatasetColumn:
    summary = column["summary"]
    text = "" if summary is None else _encode(summary).decode()
    return pb.DatasetColumn(name=column["name"], type=column["type"], summary_json=text)


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

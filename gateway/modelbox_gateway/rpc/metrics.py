"""Metrics: LogMetrics, LogMetricsBatch, GetMetrics."""

from typing import Final
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.types import Series
from modelbox_gateway.commands import fields
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.errors import ResultTooLargeError
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.answers import metrics_messages, series_messages
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.limits import KEYS_ASKED_MAX, POINTS_SHOWN_AS_COLUMNS_MAX, POINTS_SHOWN_MAX

_VIEWS: Final = ("metrics",)


class MetricMethods:
    """The methods on the metrics of objects."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def log_metrics(self, request: pb.LogMetricsRequest, call: Call) -> pb.LogMetricsResponse:
        """Log one point."""
        object_id = fields.object_id("parent_id", request.parent_id)
        await self._log(object_id, [requests.point_of(request)], call.caller(request), call)
        return pb.LogMetricsResponse()

    async def log_metrics_batch(self, request: pb.LogMetricsBatchRequest, call: Call) -> pb.LogMetricsBatchResponse:
        """Log many points: all or none."""
        object_id = fields.object_id("parent_id", request.parent_id)
        series, points = requests.series_of(request.series)
        await self._log(object_id, series, call.caller(request), call)
        return pb.LogMetricsBatchResponse(num_points_written=points)

    async def get_metrics(self, request: pb.GetMetricsRequest, call: Call) -> pb.GetMetricsResponse:
        """Return the series of an object, each by step, then wallclock."""
        object_id = fields.object_id("parent_id", request.parent_id)
        fields.at_most("keys", len(request.keys), KEYS_ASKED_MAX, what="keys")
        keys = [fields.name(f"keys[{n}]", key) for n, key in enumerate(request.keys)]
        await self._backend.objects.find("parent_id", object_id)
        await self._backend.freshness.reached(call, _VIEWS)
        metrics = self._backend.services.views.metrics
        maximum = POINTS_SHOWN_AS_COLUMNS_MAX if request.columns else POINTS_SHOWN_MAX
        if not request.max_points:  # what is too much is refused before it is read
            _refuse_more(await metrics.count(object_id, keys), maximum)
        rows = await metrics.of(object_id, keys, max_points=request.max_points)
        _refuse_more(sum(len(row.steps) for row in rows), maximum)
        if request.columns:
            return pb.GetMetricsResponse(series=await series_messages(rows))
        return pb.GetMetricsResponse(metrics=await metrics_messages(rows))

    async def _log(self, object_id: UUID, series: list[Series], caller: Caller, call: Call) -> None:
        stream = await self._backend.objects.find("parent_id", object_id)
        self._backend.freshness.wrote(call, await self._backend.objects.log_metrics(stream, series, caller))


def _refuse_more(points: int, maximum: int) -> None:
    if points > maximum:
        problem = f"have {points} points; one answer holds {maximum}: set max_points or columns, or name fewer keys"
        raise ResultTooLargeError("keys", problem)

"""Metrics: LogMetrics, LogMetricsBatch, GetMetrics."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, NamedTuple
from uuid import UUID

import msgspec

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.types.metrics import Series
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.errors import InvalidFieldError, ResultTooLargeError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import (
    KEYS_ASKED_MAX,
    PAGE_BYTES_MAX,
    POINTS_PER_PAGE_AS_COLUMNS_MAX,
    POINTS_PER_PAGE_MAX,
    POINTS_SHOWN_AS_COLUMNS_MAX,
    POINTS_SHOWN_MAX,
)
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import metrics_messages, series_messages
from modelbox_gateway.rpc.messages.pages import Pages
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.logged import metrics_logged
from modelbox_projections import SeriesRow, SeriesStart, Steps, TooManyPointsError
from modelbox_projections.metrics.queries import Metrics

_VIEWS: Final = ("metrics",)
_STEP_MAX: Final = 2**63 - 1
_Number = Annotated[int, msgspec.Meta(ge=0, le=_STEP_MAX)]


class _PageStart(NamedTuple):
    step: _Number
    after: _Number


_PAGES: Final = Pages[_PageStart]("metrics", _PageStart)


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
        """Return the series of an object, each by step, then wallclock; of one key a page, if it is asked for."""
        object_id = fields.object_id("parent_id", request.parent_id)
        fields.at_most("keys", len(request.keys), KEYS_ASKED_MAX, what="keys")
        keys = [fields.name(f"keys[{n}]", key) for n, key in enumerate(request.keys)]
        steps = _steps_of(request)
        scope = f"{object_id} {keys} {steps.first} {steps.last}"
        start = _PAGES.start(scope, request.page_token)
        paged = bool(request.page_size or start)
        if paged and (len(keys) != 1 or request.max_points or request.newest):
            raise InvalidFieldError("page_size", "asks for a page, which is of one key, without max_points and newest")
        await self._backend.objects.find("parent_id", object_id)
        await self._backend.freshness.reached(call, _VIEWS)
        if not paged:
            return await _answer(await self._series(request, object_id, keys, steps), request)
        maximum = POINTS_PER_PAGE_AS_COLUMNS_MAX if request.columns else POINTS_PER_PAGE_MAX
        page = await self._backend.services.views.of(Metrics).page(
            object_id,
            keys[0],
            steps=steps,
            start=None if start is None else SeriesStart(*start),
            points_max=min(request.page_size or maximum, maximum),
            bytes_max=PAGE_BYTES_MAX,
        )
        token = "" if page.next is None else _PAGES.token(scope, _PageStart(*page.next))
        return await _answer(page.series, request, token)

    async def _series(
        self, request: pb.GetMetricsRequest, object_id: UUID, keys: Sequence[str], steps: Steps
    ) -> list[SeriesRow]:
        metrics = self._backend.services.views.of(Metrics)
        if request.newest:
            rows = await metrics.newest(object_id, keys)
            return [row for row in rows if steps.first <= row.steps[0] <= steps.last]
        maximum = POINTS_SHOWN_AS_COLUMNS_MAX if request.columns else POINTS_SHOWN_MAX
        if request.max_points:
            try:
                return await metrics.of(object_id, keys, max_points=request.max_points, steps=steps, shown_max=maximum)
            except TooManyPointsError as error:
                raise _too_many(f"more than {maximum}", maximum, narrowing="lower max_points, set columns") from error
        # What is too much is refused before it is read.
        _refuse_more(await metrics.count(object_id, keys, steps=steps), maximum)
        rows = await metrics.of(object_id, keys, steps=steps)
        _refuse_more(sum(len(row.steps) for row in rows), maximum)
        return rows

    async def _log(self, object_id: UUID, series: list[Series], caller: Caller, call: Call) -> None:
        stream = await self._backend.objects.find("parent_id", object_id)
        event = metrics_logged(stream, series)
        result = await self._backend.objects.log(stream, (event,), caller, field="series")
        self._backend.freshness.wrote(call, result.appended)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on metrics."""
    metrics = MetricMethods(backend)
    return (
        unary("LogMetrics", pb.LogMetricsRequest, metrics.log_metrics),
        unary("LogMetricsBatch", pb.LogMetricsBatchRequest, metrics.log_metrics_batch),
        unary("GetMetrics", pb.GetMetricsRequest, metrics.get_metrics),
    )


def _steps_of(request: pb.GetMetricsRequest) -> Steps:
    """Return the steps that are asked for; there is none before 0."""
    last = request.last_step if request.HasField("last_step") else _STEP_MAX
    return Steps(max(0, request.first_step), last)


async def _answer(rows: Sequence[SeriesRow], request: pb.GetMetricsRequest, token: str = "") -> pb.GetMetricsResponse:
    if request.columns:
        return pb.GetMetricsResponse(series=await series_messages(rows), next_page_token=token)
    return pb.GetMetricsResponse(metrics=await metrics_messages(rows), next_page_token=token)


def _refuse_more(points: int, maximum: int) -> None:
    if points > maximum:
        raise _too_many(str(points), maximum, narrowing="set max_points or columns")


def _too_many(points: str, maximum: int, *, narrowing: str) -> ResultTooLargeError:
    problem = f"have {points} points; one answer holds {maximum}: {narrowing}, name fewer keys, or take pages"
    return ResultTooLargeError("keys", problem)

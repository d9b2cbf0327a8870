"""Points of a series by a range of steps, a page at a time, and its newest."""

from itertools import islice

import grpc
import pytest

from modelbox import InvalidFieldError, Model, ModelBox
from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub

POINTS = 3_000


@pytest.fixture
def series(client: ModelBox, model: Model) -> Model:
    """A model with a long series, logged out of order, some steps twice."""
    for step in (*range(1_000, POINTS), *range(1_000), 5, 5):
        model.log_metrics({"loss": float(step)}, step=step)
    model.log_metrics({"note": "begin"}, step=0)
    model.log_metrics({"note": 7.0}, step=1)
    client.flush()
    return model


def test_a_range_of_steps_holds_both_ends(series: Model) -> None:
    whole = series.metrics("loss")["loss"]
    assert [point.step for point in whole] == sorted([*range(POINTS), 5, 5])
    for first, last in ((None, None), (4, 6), (990, 1_010), (None, 3), (2_998, None), (5, 5), (7, 3), (POINTS, None)):
        wanted = [point for point in whole if (first or 0) <= point.step <= (POINTS if last is None else last)]
        assert series.metrics("loss", first_step=first, last_step=last).get("loss", []) == wanted
        for size in (1, 7, 50_000):
            if len(wanted) / size > 100:
                continue
            paged = series.metric_points("loss", first_step=first, last_step=last, page_size=size)
            assert list(paged) == wanted


def test_a_series_of_any_length_is_read_a_page_at_a_time(series: Model) -> None:
    assert [point.step for point in islice(series.metric_points("loss", page_size=3), 8)] == [0, 1, 2, 3, 4, 5, 5, 5]
    assert [point.value for point in series.metric_points("note", page_size=1)] == ["begin", 7.0]
    assert list(series.metric_points("none")) == []


def test_all_keys_of_a_range_are_read_together(series: Model) -> None:
    found = series.metrics(last_step=1)
    assert {key: [point.step for point in points] for key, points in found.items()} == {"loss": [0, 1], "note": [0, 1]}
    assert len(series.metrics("loss", first_step=100, max_points=50)["loss"]) <= 50


def test_a_large_page_of_text_ends_early(model: Model) -> None:
    for step in range(30):
        model.log_metrics({"text": str(step % 10) * 200_000}, step=step)
    assert [point.step for point in model.metric_points("text")] == list(range(30))


def test_a_bound_that_is_no_step_is_refused(series: Model) -> None:
    with pytest.raises(InvalidFieldError, match="first_step"):
        series.metrics("loss", first_step=-1)


def test_a_page_is_of_one_key_and_of_its_own_list(client: ModelBox, series: Model) -> None:
    with grpc.insecure_channel(client.address) as channel:
        stub = ModelStoreStub(channel)
        page = stub.GetMetrics(pb.GetMetricsRequest(parent_id=series.id, keys=["loss"], page_size=2))
        assert [value.step for value in page.metrics[0].values] == [0, 1]
        refused = [
            pb.GetMetricsRequest(parent_id=series.id, page_size=2),
            pb.GetMetricsRequest(parent_id=series.id, keys=["loss", "note"], page_size=2),
            pb.GetMetricsRequest(parent_id=series.id, keys=["loss"], page_size=2, max_points=10),
            pb.GetMetricsRequest(parent_id=series.id, keys=["note"], page_token=page.next_page_token),
            pb.GetMetricsRequest(parent_id=series.id, keys=["loss"], last_step=9, page_token=page.next_page_token),
        ]
        for request in refused:
            with pytest.raises(grpc.RpcError) as error:
                stub.GetMetrics(request)
            assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_the_newest_point_of_each_series_of_numbers_comes_alone(client: ModelBox, series: Model) -> None:
    with grpc.insecure_channel(client.address) as channel:
        request = pb.GetMetricsRequest(parent_id=series.id, columns=True, newest=True)
        answer = ModelStoreStub(channel).GetMetrics(request)
    assert {one.key: (list(one.steps), list(one.doubles)) for one in answer.series} == {
        "loss": ([POINTS - 1], [POINTS - 1.0]),
        "note": ([1], [7.0]),
    }

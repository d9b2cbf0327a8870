"""Reads through the gateway: pages, lookups, series, and what every answer carries."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position, Token
from modelbox_gateway.errors import ListenError
from modelbox_gateway.rpc import create_grpc_server
from modelbox_gateway.rpc.frame import freshness
from modelbox_gateway.rpc.frame.call import MIN_TOKEN, REQUEST_ID, TOKEN
from modelbox_projections.state import active_of, load_states, pause
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway, until

SERVICE = "modelbox.ModelStore"


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def model(gateway: Gateway) -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet", namespace="vision"))).id)


async def test_models_are_listed_in_pages_newest_first(gateway: Gateway) -> None:
    for n in range(25):
        await gateway.stub.CreateModel(pb.CreateModelRequest(name=f"m{n}"))
    names, token = [], ""

    for size in (10, 10, 5):
        page = await gateway.stub.ListModels(pb.ListModelsRequest(page_size=10, page_token=token))
        assert len(page.models) == size
        names += [model.name for model in page.models]
        token = page.next_page_token

    assert token == ""
    assert names == [f"m{n}" for n in reversed(range(25))]


async def test_a_page_goes_on_where_it_ended_though_models_come_in_between(gateway: Gateway) -> None:
    for n in range(4):
        await gateway.stub.CreateModel(pb.CreateModelRequest(name=f"m{n}"))
    first = await gateway.stub.ListModels(pb.ListModelsRequest(page_size=2))
    await gateway.stub.CreateModel(pb.CreateModelRequest(name="new"))

    second = await gateway.stub.ListModels(pb.ListModelsRequest(page_size=2, page_token=first.next_page_token))

    assert [model.name for page in (first, second) for model in page.models] == ["m3", "m2", "m1", "m0"]


async def test_a_page_of_large_items_fits_a_clients_default_limit(gateway: Gateway) -> None:
    """Fewer items come than were asked for, and the rest with the next page."""
    large = pb.Metadata(json={"fill": f'"{"x" * 250_000}"'})
    for n in range(12):
        await gateway.stub.CreateModel(pb.CreateModelRequest(name=f"m{n}", metadata=large))
    seen, token = 0, ""

    while True:
        page = await gateway.stub.ListModels(pb.ListModelsRequest(page_token=token))
        seen += len(page.models)
        token = page.next_page_token
        if not token:
            break

    assert seen == 12


async def test_versions_artifacts_and_namespaces_are_listed_in_pages(gateway: Gateway, model: str) -> None:
    await gateway.stub.CreateModel(pb.CreateModelRequest(name="other", namespace="audio"))
    for _ in range(3):
        await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))
    files = [pb.FileMetadata(parent_id=model, path=f"f{n}") for n in range(3)]
    await gateway.stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))
    stub = gateway.stub

    versions = await stub.ListModelVersions(pb.ListModelVersionsRequest(model=model, page_size=2))
    more_versions = await stub.ListModelVersions(
        pb.ListModelVersionsRequest(model=model, page_size=2, page_token=versions.next_page_token)
    )
    artifacts = await stub.ListArtifacts(pb.ListArtifactsRequest(parent_id=model, page_size=2))
    more_artifacts = await stub.ListArtifacts(
        pb.ListArtifactsRequest(parent_id=model, page_size=2, page_token=artifacts.next_page_token)
    )
    namespaces = await stub.ListNamespaces(pb.ListNamespacesRequest(page_size=1))
    more_namespaces = await stub.ListNamespaces(
        pb.ListNamespacesRequest(page_size=1, page_token=namespaces.next_page_token)
    )

    assert [v.version for page in (versions, more_versions) for v in page.models] == ["3", "2", "1"]
    assert {file.path for page in (artifacts, more_artifacts) for file in page.files} == {"f0", "f1", "f2"}
    assert [n.name for page in (namespaces, more_namespaces) for n in page.namespaces] == ["audio", "vision"]
    assert more_versions.next_page_token == more_artifacts.next_page_token == more_namespaces.next_page_token == ""


async def test_a_token_of_another_list_is_refused(gateway: Gateway) -> None:
    for n in range(2):
        await gateway.stub.CreateModel(pb.CreateModelRequest(name=f"m{n}"))
    token = (await gateway.stub.ListModels(pb.ListModelsRequest(page_size=1))).next_page_token

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.ListModels(pb.ListModelsRequest(namespace="other", page_token=token))

    assert refusal_of(refused.value).field == "page_token"


async def test_a_model_is_found_by_id_and_by_name(gateway: Gateway, model: str) -> None:
    metadata = pb.Metadata(json={"big": "9007199254740993", "a": '{"b":[1,2.5,null,true,"x"]}'})
    await gateway.stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=model, metadata=metadata))
    files = [pb.FileMetadata(parent_id=model, path="s3://bucket/x", file_type=pb.IMAGE)]
    await gateway.stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))

    by_id = await gateway.stub.GetModel(pb.GetModelRequest(id=model))
    by_name = await gateway.stub.GetModel(pb.GetModelRequest(namespace="vision", name="resnet"))

    assert by_id == by_name
    assert dict(by_id.model.metadata.json) == {"big": "9007199254740993", "a": '{"b":[1,2.5,null,true,"x"]}'}
    assert by_id.model.metadata.metadata["a"].struct_value["b"][4] == "x"
    assert [file.path for file in by_id.model.files] == ["s3://bucket/x"]


async def test_a_version_is_found_by_id_by_version_and_by_tag(gateway: Gateway, model: str) -> None:
    created = await gateway.stub.CreateModelVersion(
        pb.CreateModelVersionRequest(model=model, framework=pb.JAX, unique_tags=["b", "a"])
    )

    found = [
        (await gateway.stub.GetModelVersion(request)).model_version
        for request in (
            pb.GetModelVersionRequest(id=created.model_version),
            pb.GetModelVersionRequest(model=model, version="1"),
            pb.GetModelVersionRequest(model=model, unique_tag="a"),
        )
    ]

    assert found[0] == found[1] == found[2]
    assert (found[0].framework, found[0].namespace, list(found[0].unique_tags)) == (pb.JAX, "vision", ["a", "b"])


async def test_series_come_as_points_or_as_columns(gateway: Gateway, model: str) -> None:
    infinite = float("inf")
    batch = pb.LogMetricsBatchRequest(
        parent_id=model,
        series=[
            pb.MetricSeries(key="loss", steps=[2, 1], wallclock_s=[20.5, 10.5], doubles=[1e308, infinite]),
            pb.MetricSeries(key="note", steps=[1], wallclock_s=[1.0], strings=["größe"]),
            pb.MetricSeries(key="blob", steps=[1], wallclock_s=[1.0], blobs=[b"\x00\xff"]),
            pb.MetricSeries(key="loss", steps=[3], wallclock_s=[1.0], strings=["diverged"]),
        ],
    )
    assert (await gateway.stub.LogMetricsBatch(batch)).num_points_written == 5

    columns = await gateway.stub.GetMetrics(pb.GetMetricsRequest(parent_id=model, keys=["loss", "blob"], columns=True))
    points = await gateway.stub.GetMetrics(pb.GetMetricsRequest(parent_id=model, keys=["loss"]))

    assert {(s.key, *s.steps, *s.wallclock_s, *s.doubles, *s.strings, *s.blobs) for s in columns.series} == {
        ("blob", 1, 1.0, b"\x00\xff"),
        ("loss", 1, 2, 10.5, 20.5, infinite, 1e308),
        ("loss", 3, 1.0, "diverged"),
    }
    [loss] = points.metrics
    assert [(p.step, p.wallclock_s, p.wallclock_time) for p in loss.values] == [(1, 10.5, 10), (2, 20.5, 20), (3, 1, 1)]
    assert (loss.values[1].d_val, loss.values[1].f_val, loss.values[2].s_tensor) == (1e308, infinite, "diverged")


async def test_a_long_series_is_thinned_out_without_losing_a_spike(gateway: Gateway, model: str) -> None:
    values = [0.5] * 10_000
    values[1_234], values[7_777] = 1e9, -1e9
    for first in range(0, 10_000, 5_000):
        steps = range(first, first + 5_000)
        series = pb.MetricSeries(
            key="loss", steps=steps, wallclock_s=map(float, steps), doubles=values[steps.start : steps.stop]
        )
        await gateway.stub.LogMetricsBatch(pb.LogMetricsBatchRequest(parent_id=model, series=[series]))

    async def read(max_points: int) -> pb.MetricSeries:
        request = pb.GetMetricsRequest(parent_id=model, columns=True, max_points=max_points)
        answer: pb.GetMetricsResponse = await gateway.stub.GetMetrics(request)
        [found] = answer.series
        assert [values[step] for step in found.steps] == list(found.doubles)
        assert list(found.steps) == sorted(set(found.steps))
        return found

    thin = await read(100)

    assert 50 <= len(thin.steps) <= 110
    assert {0, 1_234, 7_777, 9_999} <= set(thin.steps)
    for max_points in (0, 10_000, 2**32 - 1):
        assert len((await read(max_points)).steps) == 10_000
    assert len((await read(1)).steps) < 10, "a few that hold its ends and its spikes"


async def test_namespaces_say_how_much_they_hold(gateway: Gateway) -> None:
    await gateway.stub.CreateModel(pb.CreateModelRequest(name="m", namespace="vision"))
    for name in ("a", "b"):
        await gateway.stub.CreateDataset(pb.CreateDatasetRequest(name=name, namespace="vision"))
    await gateway.stub.CreateDataset(pb.CreateDatasetRequest(name="c"))

    listed = (await gateway.stub.ListNamespaces(pb.ListNamespacesRequest())).namespaces

    assert [(n.name, n.models, n.experiments, n.datasets) for n in listed] == [
        ("default", 0, 0, 1),
        ("vision", 1, 0, 2),
    ]
    assert listed[1].created_at.ToNanoseconds() < listed[1].updated_at.ToNanoseconds()


async def test_the_deepest_metadata_that_is_taken_can_be_read_everywhere(gateway: Gateway, model: str) -> None:
    """As protobuf `Value` in lists and watches too, where a client's reader stops at 100 nested messages."""
    deepest = '{"a":' * 30 + "1" + "}" * 30
    metadata = pb.Metadata(json={"k": deepest})
    await gateway.stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=model, metadata=metadata))

    listed = await gateway.stub.ListModels(pb.ListModelsRequest(namespace="vision"))
    watching = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest(namespace="vision"))
    changes = [await watching.read() for _ in range(2)]
    watching.cancel()

    assert listed.models[0].metadata.json["k"] == deepest
    assert changes[1].payload.struct_value["metadata"]["k"]["a"]


async def test_every_answer_names_its_request_and_its_place(gateway: Gateway, log: Log) -> None:
    drawn = gateway.stub.CreateModel(pb.CreateModelRequest(name="a"))
    await drawn
    given = gateway.stub.ListModels(pb.ListModelsRequest(), metadata=((REQUEST_ID, "mine-7"),))
    await given

    drawn_trailer, given_trailer = dict(await drawn.trailing_metadata()), dict(await given.trailing_metadata())
    assert len(drawn_trailer[REQUEST_ID]) == 32
    assert drawn_trailer[TOKEN] == f"{log.log_id}.1"
    assert given_trailer == {REQUEST_ID: "mine-7", TOKEN: f"{log.log_id}.1"}


async def test_a_deadline_that_passes_ends_the_call(gateway: Gateway) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as late:
        await gateway.stub.CreateModel(pb.CreateModelRequest(name="m"), timeout=0.000_001)

    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_every_method_of_the_contract_is_served(gateway: Gateway) -> None:
    """None answers UNIMPLEMENTED: each refuses an empty message or answers it."""
    for method in pb.DESCRIPTOR.services_by_name["ModelStore"].methods:
        raw = gateway.channel.stream_stream(f"/{SERVICE}/{method.name}", bytes, bytes)
        call = raw(iter([b""]), timeout=1)
        assert await call.code() is not grpc.StatusCode.UNIMPLEMENTED, method.name


async def test_health_says_whether_the_server_serves(gateway: Gateway) -> None:
    health = health_pb2_grpc.HealthStub(gateway.channel)
    for name in ("", SERVICE):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING

    await gateway.server.set_serving(serving=False)

    answer = await health.Check(health_pb2.HealthCheckRequest(service=SERVICE))
    assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_reflection_lists_the_service(gateway: Gateway) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(gateway.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")

    answers = [answer async for answer in stub.ServerReflectionInfo(iter([request]))]

    assert SERVICE in {service.name for service in answers[0].list_services_response.service}


async def test_a_second_server_on_the_same_address_is_refused(gateway: Gateway) -> None:
    second = create_grpc_server(gateway.services, gateway.address)

    with pytest.raises(ListenError, match=gateway.address):
        await second.start()


async def test_reads_without_a_token_see_the_writes_before_them(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older clients know no tokens, and still read what they wrote."""
    # However busy the machine is: the wait itself is what is tested.
    monkeypatch.setattr(freshness, "OWN_WRITE_WAIT_S", 30.0)

    async def write_and_read(n: int) -> None:
        created = await gateway.stub.CreateModel(pb.CreateModelRequest(name=f"m{n}"))
        assert (await gateway.stub.GetModel(pb.GetModelRequest(id=created.id))).model.name == f"m{n}"

    await asyncio.gather(*(write_and_read(n) for n in range(50)))


async def paused(gateway: Gateway, view: str) -> None:
    """Pause a view where everything is that was written until now."""
    log, cursors = gateway.services.log, gateway.services.cursors
    await cursors.wait([view], (await log.read_head()).position, timeout_s=10)
    async with log.database.acquire() as connection:
        state = active_of(await load_states(connection), view)
        await pause(connection, state, position=Position(state.position + 1), problem="for a test")
    await until(lambda: any(state.name == view and state.error for state in cursors.states))


async def test_a_search_that_finds_nothing_fails_for_no_view_of_what_it_tells_beside(
    gateway: Gateway, model: str
) -> None:
    await paused(gateway, "namespaces")
    creating = gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))
    await creating
    token = str(dict(await creating.trailing_metadata())[TOKEN])

    request = pb.ListModelsRequest(namespace="visoin")
    found = await gateway.stub.ListModels(request, metadata=((MIN_TOKEN, token),))

    assert (list(found.models), list(found.missing)) == ([], [])


async def test_a_search_that_finds_nothing_is_as_new_as_the_views_that_it_reads(gateway: Gateway, model: str) -> None:
    await paused(gateway, "models")
    read = await gateway.services.log.read_head()
    await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))
    head = await gateway.services.log.read_head()
    await gateway.services.cursors.wait(["namespaces"], head.position, timeout_s=10)

    listing = gateway.stub.ListModels(pb.ListModelsRequest(namespace="visoin"))
    found = await listing

    assert [missing.name for missing in found.missing] == ["visoin"]
    assert Token.parse(str(dict(await listing.trailing_metadata())[TOKEN])).position == read.position

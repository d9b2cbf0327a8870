"""Experiments through the gateway: created once, found, listed, searched, and parents of one another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position
from modelbox_events.log import POOL_SIZE
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from modelbox_gateway.rules.experiment import experiment_id
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


async def create(gateway: Gateway, name: str, **fields: object) -> str:
    created = await gateway.stub.CreateExperiment(pb.CreateExperimentRequest(name=name, **fields))  # type: ignore[arg-type]
    return str(created.experiment_id)


async def names(gateway: Gateway, **fields: object) -> list[str]:
    listed = await gateway.stub.ListExperiments(pb.ListExperimentsRequest(**fields))  # type: ignore[arg-type]
    return [experiment.name for experiment in listed.experiments]


async def test_an_experiment_is_shown_as_it_was_created(gateway: Gateway) -> None:
    parent = await create(gateway, "all", namespace="langtech")
    request = pb.CreateExperimentRequest(
        name="wav2vec",
        namespace="langtech/asr",
        owner="ana",
        framework=pb.TRANSFORMERS,
        task="asr",
        description="two\nlines",
        external_id="wandb:7",
        parent_id=parent,
        labels={"env": "prod", "empty": ""},
        metadata=pb.Metadata(json={"big": "9007199254740993"}),
    )

    created = await gateway.stub.CreateExperiment(request)
    by_id = (await gateway.stub.GetExperiment(pb.GetExperimentRequest(id=created.experiment_id))).experiment
    by_name = await gateway.stub.GetExperiment(pb.GetExperimentRequest(namespace="langtech/asr", name="wav2vec"))

    assert not created.experiment_exists
    assert created.experiment_id == str(experiment_id("langtech/asr", "wav2vec"))
    assert by_id == by_name.experiment
    for name in ("name", "namespace", "owner", "framework", "task", "description", "external_id", "parent_id"):
        assert getattr(by_id, name) == getattr(request, name), name
    assert dict(by_id.labels) == {"env": "prod", "empty": ""}
    assert dict(by_id.metadata.json) == {"big": "9007199254740993"}
    assert by_id.created_at == by_id.updated_at == created.created_at
    assert not by_id.HasField("deleted_at")


async def test_of_many_creates_of_one_name_one_creates(gateway: Gateway, log: Log) -> None:
    request = pb.CreateExperimentRequest(name="e")

    answers = await asyncio.gather(*(gateway.stub.CreateExperiment(request) for _ in range(20)))

    assert sum(not answer.experiment_exists for answer in answers) == 1
    assert len({(answer.experiment_id, answer.created_at.ToNanoseconds()) for answer in answers}) == 1
    assert [event.type for event in await log.read(Position(0))] == ["ExperimentCreated"]


async def test_an_experiment_created_again_with_its_key_does_not_exist_before(gateway: Gateway, log: Log) -> None:
    request, key = pb.CreateExperimentRequest(name="e"), ((IDEMPOTENCY_KEY, "k"),)

    first = await gateway.stub.CreateExperiment(request, metadata=key)
    again = await gateway.stub.CreateExperiment(request, metadata=key)

    assert first == again
    assert not again.experiment_exists
    assert log.head.position == 1


async def test_what_is_logged_on_an_experiment_hangs_on_it(gateway: Gateway) -> None:
    """An experiment can be logged to directly."""
    experiment = await create(gateway, "e")
    for step, loss in enumerate((0.5, 0.25, float("nan"))):
        point = pb.MetricsValue(step=step, d_val=loss)
        await gateway.stub.LogMetrics(pb.LogMetricsRequest(parent_id=experiment, key="loss", value=point))
    hyperparameters = [pb.Hyperparameter(name="optimizer.lr", json="0.01")]
    await gateway.stub.LogHyperparameters(
        pb.LogHyperparametersRequest(parent_id=experiment, hyperparameters=hyperparameters)
    )
    files = [pb.FileMetadata(parent_id=experiment, path="s3://bucket/x")]
    await gateway.stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))

    shown = (await gateway.stub.GetExperiment(pb.GetExperimentRequest(id=experiment))).experiment

    [loss] = shown.metrics
    assert (loss.key, loss.min, loss.max, loss.points, loss.step) == ("loss", 0.25, 0.5, 3, 2)
    assert loss.latest != loss.latest
    assert list(shown.hyperparameters) == hyperparameters
    assert [file.path for file in shown.files] == ["s3://bucket/x"]


async def test_experiments_are_listed_by_namespace_newest_first(gateway: Gateway) -> None:
    for name, namespace in (("a", ""), ("b", "default"), ("c", "langtech"), ("d", "langtech/asr"), ("e", "langtech2")):
        await create(gateway, name, namespace=namespace)

    assert await names(gateway) == ["b", "a"]
    assert await names(gateway, namespace="langtech") == ["c"]
    assert await names(gateway, namespace="langtech", recursive=True) == ["d", "c"]


async def test_children_are_listed_by_their_parent(gateway: Gateway) -> None:
    """Wherever their namespace is, unless one is asked for."""
    parent = await create(gateway, "parent")
    await create(gateway, "here", parent_id=parent)
    await create(gateway, "there", parent_id=parent, namespace="other")

    assert await names(gateway, parent_id=parent) == ["there", "here"]
    assert await names(gateway, parent_id=parent, namespace="other") == ["there"]


async def test_experiments_are_filtered_ordered_and_paged(gateway: Gateway) -> None:
    for n in range(6):
        experiment = await create(gateway, f"e{n}", owner="ana" if n % 2 else "bob", labels={"env": f"{n % 3}"})
        point = pb.MetricsValue(step=1, d_val=n / 10)
        await gateway.stub.LogMetrics(pb.LogMetricsRequest(parent_id=experiment, key="acc", value=point))

    assert await names(gateway, filter='metrics.acc > 0.15 and (owner = "ana" or labels.env = "1")') == [
        "e5",
        "e4",
        "e3",
    ]
    first = pb.ListExperimentsRequest(filter="metrics.acc > 0.05", order_by="owner desc, metrics.acc", page_size=3)
    page = await gateway.stub.ListExperiments(first)
    first.page_token = page.next_page_token
    rest = await gateway.stub.ListExperiments(first)

    assert [found.name for found in page.experiments] == ["e2", "e4", "e1"]
    assert [found.name for found in rest.experiments] == ["e3", "e5"]
    assert rest.next_page_token == ""


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"filter": "metrics.acc >"}, "INVALID_FILTER", "filter"),
        ({"filter": 'version = "1"'}, "INVALID_FILTER", "filter"),
        ({"order_by": "name sideways"}, "INVALID_FILTER", "order_by"),
        ({"page_token": "AAAA"}, "INVALID_FIELD", "page_token"),
        ({"parent_id": "x"}, "INVALID_FIELD", "parent_id"),
        ({"parent_id": "0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f"}, "OBJECT_NOT_FOUND", "parent_id"),
    ],
)
async def test_a_list_that_cannot_be_made_is_refused(
    gateway: Gateway, fields: dict[str, str], reason: str, field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.ListExperiments(pb.ListExperimentsRequest(**fields))  # type: ignore[arg-type]

    assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == (reason, field)


async def test_a_token_of_another_search_is_refused(gateway: Gateway) -> None:
    for name in ("a", "b"):
        await create(gateway, name)
    token = (await gateway.stub.ListExperiments(pb.ListExperimentsRequest(page_size=1))).next_page_token

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.ListExperiments(pb.ListExperimentsRequest(page_token=token, filter='name = "a"'))

    assert refusal_of(refused.value).field == "page_token"


async def test_a_create_is_one_append_and_reads_nothing(gateway: Gateway, log: Log) -> None:
    """Also under a parent, whose deletion the log itself judges: it works while no connection is free for a read."""
    parent = await create(gateway, "parent")
    appends = log.appends

    async with AsyncExitStack() as held:
        for _ in range(POOL_SIZE):
            await held.enter_async_context(log.database.acquire())
        await asyncio.wait_for(create(gateway, "child", parent_id=parent), timeout=5)

    assert log.appends == appends + 1

"""GetMetadataHistory: every value that metadata had, newest first, out of the log."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position, Token, new_id
from modelbox_gateway.rpc.frame.call import MIN_TOKEN, TOKEN
from modelbox_gateway.rpc.frame.limits import HISTORY_EVENTS_MAX
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway
from tests.integration.log_cases import tamper

Written = tuple[str, str]
"""A key and the JSON that was written."""


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def model(gateway: Gateway) -> str:
    metadata = pb.Metadata(json={"size": "1", "name": '"a"'})
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="m", metadata=metadata))).id)


async def update(gateway: Gateway, object_id: str, **json: str) -> None:
    request = pb.UpdateMetadataRequest(parent_id=object_id, metadata=pb.Metadata(json=json))
    await gateway.stub.UpdateMetadata(request)


async def pages(gateway: Gateway, object_id: str, *, key: str = "", size: int = 0) -> list[list[Written]]:
    """Read the history to its end, page by page."""
    found, token = [], ""
    while True:
        page = await gateway.stub.GetMetadataHistory(
            pb.GetMetadataHistoryRequest(parent_id=object_id, key=key, page_size=size, page_token=token)
        )
        found.append([(change.key, change.json) for change in page.changes])
        token = page.next_page_token
        if not token:
            return found


async def test_values_come_newest_first_to_those_given_at_the_creation(gateway: Gateway, log: Log, model: str) -> None:
    await update(gateway, model, size="2")
    await gateway.stub.LogMetrics(
        pb.LogMetricsRequest(parent_id=model, key="loss", value=pb.MetricsValue(step=1, d_val=0.5))
    )
    await update(gateway, model, size="9007199254740993", more='{"a":[1,2.5,null]}')

    answer = await gateway.stub.GetMetadataHistory(pb.GetMetadataHistoryRequest(parent_id=model))

    assert [(c.key, c.json, c.position) for c in answer.changes] == [
        ("more", '{"a":[1,2.5,null]}', 4),
        ("size", "9007199254740993", 4),
        ("size", "2", 2),
        ("name", '"a"', 1),
        ("size", "1", 1),
    ]
    assert {c.actor for c in answer.changes} == {"anonymous"}
    [created, *_] = await log.read(Position(0))
    assert answer.changes[-1].recorded_at.ToDatetime(created.recorded_at.tzinfo) == created.recorded_at
    assert answer.next_page_token == ""


async def test_the_history_of_a_key_tells_of_no_other(gateway: Gateway, model: str) -> None:
    await update(gateway, model, size="2", name='"b"')
    await update(gateway, model, name='"c"')

    assert await pages(gateway, model, key="size") == [[("size", "2"), ("size", "1")]]
    assert await pages(gateway, model, key="other") == [[]]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
async def test_pages_cut_events_anywhere_and_lose_nothing(gateway: Gateway, model: str, size: int) -> None:
    await update(gateway, model, a="1", b="2", c="3")
    await update(gateway, model, b="4")
    whole = [("b", "4"), ("a", "1"), ("b", "2"), ("c", "3"), ("name", '"a"'), ("size", "1")]

    found = await pages(gateway, model, size=size)

    assert [change for page in found for change in page] == whole
    assert {len(page) for page in found[:-1]} == {size}


async def test_a_page_goes_on_where_it_ended_though_values_are_written_in_between(gateway: Gateway, model: str) -> None:
    await update(gateway, model, size="2")
    request = pb.GetMetadataHistoryRequest(parent_id=model, page_size=1)
    first = await gateway.stub.GetMetadataHistory(request)
    await update(gateway, model, size="3")

    request.page_token = first.next_page_token
    request.page_size = 10
    second = await gateway.stub.GetMetadataHistory(request)

    assert [change.json for change in (*first.changes, *second.changes)] == ["2", '"a"', "1"]


async def test_a_model_version_has_what_it_was_created_with_and_not_what_its_model_has(
    gateway: Gateway, model: str
) -> None:
    """Its creation stands in the model's stream."""
    request = pb.CreateModelVersionRequest(model=model, metadata=pb.Metadata(json={"epochs": "1"}))
    version = (await gateway.stub.CreateModelVersion(request)).model_version

    assert await pages(gateway, version) == [[("epochs", "1")]]
    await update(gateway, version, epochs="2")
    await update(gateway, model, size="2")
    assert await pages(gateway, version, size=1) == [[("epochs", "2")], [("epochs", "1")]]
    assert await pages(gateway, model, key="epochs") == [[]]


async def test_every_object_has_what_it_was_created_with(gateway: Gateway) -> None:
    stub, metadata = gateway.stub, pb.Metadata(json={"k": "1"})
    experiment = (await stub.CreateExperiment(pb.CreateExperimentRequest(name="e", metadata=metadata))).experiment_id
    run = (await stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment, metadata=metadata))).id
    checkpoint = await stub.CreateCheckpoint(pb.CreateCheckpointRequest(run_id=run, epoch=1, metadata=metadata))
    dataset = (await stub.CreateDataset(pb.CreateDatasetRequest(name="d", metadata=metadata))).id

    for object_id in (experiment, run, checkpoint.checkpoint_id, dataset):
        await update(gateway, object_id, k="2")
        assert await pages(gateway, object_id) == [[("k", "2"), ("k", "1")]]


async def test_an_artifact_has_a_history_too(gateway: Gateway, model: str) -> None:
    files = [pb.FileMetadata(parent_id=model, path="p")]
    [artifact] = (await gateway.stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))).file_ids
    await update(gateway, artifact, kept="true")

    assert await pages(gateway, artifact) == [[("kept", "true")]]


async def test_a_page_of_large_values_fits_a_clients_default_limit(gateway: Gateway, model: str) -> None:
    for n in range(20):
        await update(gateway, model, fill=f'"{n}{"x" * 200_000}"')

    found = await pages(gateway, model, key="fill")

    assert len(found) > 1
    assert [int(json[1:].split("x")[0]) for page in found for _, json in page] == list(reversed(range(20)))


async def test_a_key_that_was_written_once_long_ago_is_found_page_by_page(gateway: Gateway, model: str) -> None:
    """A page looks through a bounded number of events; it may find nothing and yet lead on."""
    await update(gateway, model, rare="1")
    request = pb.UpdateMetadataRequest(parent_id=model, metadata=pb.Metadata(json={"often": "1"}))
    for _ in range(HISTORY_EVENTS_MAX // 100 + 1):
        for call in [gateway.stub.UpdateMetadata(request) for _ in range(100)]:
            await call

    assert await pages(gateway, model, key="rare") == [[], [("rare", "1")]]


async def test_a_token_of_another_history_is_refused(gateway: Gateway, model: str) -> None:
    first = await gateway.stub.GetMetadataHistory(pb.GetMetadataHistoryRequest(parent_id=model, page_size=1))

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.GetMetadataHistory(
            pb.GetMetadataHistoryRequest(parent_id=model, key="size", page_token=first.next_page_token)
        )

    assert refusal_of(refused.value).field == "page_token"


async def test_the_history_is_read_from_the_log_that_a_token_names(gateway: Gateway, log: Log, model: str) -> None:
    """What was acknowledged is in it at once, so only the log of a demanded token is looked at."""
    request = pb.GetMetadataHistoryRequest(parent_id=model)
    call = gateway.stub.GetMetadataHistory(request, metadata=((MIN_TOKEN, str(Token(log.log_id, Position(1)))),))
    await call
    assert dict(await call.trailing_metadata())[TOKEN] == f"{log.log_id}.1"

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.GetMetadataHistory(request, metadata=((MIN_TOKEN, str(Token(new_id(), Position(1)))),))

    assert refusal_of(refused.value).reason == "LOG_FORKED"


async def test_who_needs_a_damaged_event_is_told_which_it_is_and_not_to_try_again(
    gateway: Gateway, dsn: str, model: str
) -> None:
    await update(gateway, model, fill=f'"{"x" * 10_000}"')
    owner = await asyncpg.connect(dsn)
    await tamper(owner, "SET data = substring(data FROM 1 FOR length(data) - 1) WHERE position = 2")
    await owner.close()
    watching = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest())
    assert (await watching.read()).position == 1

    for asked in (gateway.stub.GetMetadataHistory(pb.GetMetadataHistoryRequest(parent_id=model)), watching.read()):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await asked

        refusal = refusal_of(refused.value)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.DATA_LOSS, "LOG_CORRUPTED")
        assert (refusal.metadata["position"], refusal.metadata["retryable"]) == ("2", "false")

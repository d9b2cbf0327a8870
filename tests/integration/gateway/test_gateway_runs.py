"""Runs through the gateway: begun, ended, resumed, heard of and lost; one history whoever writes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position, new_id
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from modelbox_gateway.rules.run_names import name_of
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def experiment(gateway: Gateway) -> str:
    created = await gateway.stub.CreateExperiment(pb.CreateExperimentRequest(name="e", namespace="langtech/asr"))
    return str(created.experiment_id)


@pytest.fixture
async def run(gateway: Gateway, experiment: str) -> str:
    return str((await gateway.stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment))).id)


async def get(gateway: Gateway, run: str) -> pb.Run:
    answer: pb.GetRunResponse = await gateway.stub.GetRun(pb.GetRunRequest(id=run))
    return answer.run


async def set_status(gateway: Gateway, run: str, status: pb.RunStatus, **fields: Any) -> pb.SetRunStatusResponse:
    request = pb.SetRunStatusRequest(id=run, status=status, **fields)
    answer: pb.SetRunStatusResponse = await gateway.stub.SetRunStatus(request)
    return answer


async def types_of(log: Log, run: str) -> list[str]:
    return [event.type for event in await log.read_stream(UUID(run))]


async def test_a_run_is_shown_as_it_was_created(gateway: Gateway, experiment: str, run: str) -> None:
    source = pb.Source(
        repository="https://example.org/r.git",
        commit="abc",
        branch="main",
        dirty=True,
        entry_point="train.py",
        user="ana",
        host="box",
        python_version="3.11.4",
        platform="Linux",
        dependencies={"torch": "2.4.0+cpu"},
    )
    request = pb.CreateRunRequest(
        id=str(new_id()),
        experiment_id=experiment,
        name="first",
        parent_id=run,
        started_at=Timestamp(seconds=1_700_000_000, nanos=5_000),
        source=source,
        comment="two\nlines",
        owner="ana",
        labels={"env": "prod"},
        metadata=pb.Metadata(json={"k": "[1]"}),
        hyperparameters=[pb.Hyperparameter(name="lr", json="0.01"), pb.Hyperparameter(name="opt.name", json='"adam"')],
    )

    created = await gateway.stub.CreateRun(request)
    shown = await get(gateway, request.id)

    assert (created.id, created.name, created.exists) == (request.id, "first", False)
    for name in ("id", "experiment_id", "name", "parent_id", "started_at", "source", "comment", "owner"):
        assert getattr(shown, name) == getattr(request, name), name
    assert shown.namespace == "langtech/asr"
    assert shown.status == pb.RUNNING
    assert not shown.HasField("ended_at")
    assert not shown.HasField("last_heard_of_at")
    assert list(shown.hyperparameters) == list(request.hyperparameters)
    assert (dict(shown.labels), dict(shown.metadata.json)) == ({"env": "prod"}, {"k": "[1]"})


async def test_a_run_without_a_name_has_one_of_its_id(gateway: Gateway, experiment: str) -> None:
    created = await gateway.stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment))

    assert created.name == name_of(UUID(created.id)) == (await get(gateway, created.id)).name


async def test_an_id_that_the_client_drew_begins_one_run(gateway: Gateway, experiment: str, log: Log) -> None:
    requests = [pb.CreateRunRequest(id=str(UUID(int=7)), experiment_id=experiment, name=f"n{n}") for n in range(10)]

    answers = await asyncio.gather(*(gateway.stub.CreateRun(request) for request in requests))

    assert sum(not answer.exists for answer in answers) == 1
    assert len({answer.name for answer in answers}) == 1
    assert await types_of(log, requests[0].id) == ["RunCreated"]


async def test_a_run_created_again_with_its_key_keeps_the_id_that_was_drawn(gateway: Gateway, experiment: str) -> None:
    request, key = pb.CreateRunRequest(experiment_id=experiment), ((IDEMPOTENCY_KEY, "k"),)

    first = await gateway.stub.CreateRun(request, metadata=key)
    again = await gateway.stub.CreateRun(request, metadata=key)

    assert first == again
    assert len((await gateway.stub.ListRuns(pb.ListRunsRequest(experiment_id=experiment))).runs) == 1


async def test_an_id_of_something_else_is_refused(gateway: Gateway, experiment: str, run: str, log: Log) -> None:
    """Of another kind of object, or a run of another experiment."""
    other = await gateway.stub.CreateExperiment(pb.CreateExperimentRequest(name="other", namespace="langtech/asr"))
    before = log.head.position

    for request in (
        pb.CreateRunRequest(id=experiment, experiment_id=experiment),
        pb.CreateRunRequest(id=run, experiment_id=other.experiment_id),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await gateway.stub.CreateRun(request)
        assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == ("INVALID_FIELD", "id")

    assert log.head.position == before


async def test_a_run_ends_once(gateway: Gateway, run: str, log: Log) -> None:
    at = Timestamp(seconds=1_800_000_000)
    ended = await set_status(gateway, run, pb.FAILED, at=at, reason="out of memory")
    again = await set_status(gateway, run, pb.FAILED)

    shown = await get(gateway, run)
    assert (shown.status, shown.ended_at) == (pb.FAILED, at)
    assert ended.updated_at == again.updated_at == shown.updated_at
    assert await types_of(log, run) == ["RunCreated", "RunEnded"]


async def test_another_end_is_refused(gateway: Gateway, run: str, log: Log) -> None:
    await set_status(gateway, run, pb.FINISHED)
    before = log.head.position

    for status in (pb.FAILED, pb.KILLED, pb.RUNNING):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await set_status(gateway, run, status)
        refusal = refusal_of(refused.value)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "RUN_ENDED")
        assert (refusal.metadata["run_id"], refusal.metadata["status"]) == (run, "finished")

    assert log.head.position == before


async def test_a_failed_run_goes_on_and_finishes(gateway: Gateway, run: str, log: Log) -> None:
    await set_status(gateway, run, pb.KILLED)
    await set_status(gateway, run, pb.RUNNING)
    await set_status(gateway, run, pb.RUNNING)
    resumed = await get(gateway, run)
    await set_status(gateway, run, pb.FINISHED)

    assert resumed.status == pb.RUNNING
    assert not resumed.HasField("ended_at")
    assert (await get(gateway, run)).status == pb.FINISHED
    assert await types_of(log, run) == ["RunCreated", "RunEnded", "RunResumed", "RunEnded"]


async def test_of_two_ends_at_once_one_counts(gateway: Gateway, run: str, dsn: str, tmp_path: Path, log: Log) -> None:
    """At two gateways, each of which believes that the run is running."""
    other_log = await Log.open(dsn)
    async with running_gateway(other_log, tmp_path / "other") as other:
        results = await asyncio.gather(
            *(
                set_status(which, run, status)
                for which, status in ((gateway, pb.FINISHED), (other, pb.FAILED), (gateway, pb.KILLED))
            ),
            return_exceptions=True,
        )
    await other_log.close()

    refused = [result for result in results if isinstance(result, grpc.aio.AioRpcError)]
    assert [refusal_of(error).reason for error in refused] == ["RUN_ENDED"] * 2
    assert await types_of(log, run) == ["RunCreated", "RunEnded"]


async def test_an_end_sent_again_with_its_key_is_answered_as_at_first(gateway: Gateway, run: str) -> None:
    """Though the run goes on since."""
    request = pb.SetRunStatusRequest(id=run, status=pb.FAILED)
    first = await gateway.stub.SetRunStatus(request, metadata=((IDEMPOTENCY_KEY, "k"),))
    await set_status(gateway, run, pb.RUNNING)

    again = await gateway.stub.SetRunStatus(request, metadata=((IDEMPOTENCY_KEY, "k"),))

    assert first == again
    assert (await get(gateway, run)).status == pb.RUNNING


async def test_a_heartbeat_says_when_a_run_was_last_heard_of(gateway: Gateway, run: str, log: Log) -> None:
    before = log.head.position

    answer = await gateway.stub.HeartbeatRuns(pb.HeartbeatRunsRequest(ids=[run, run]))

    assert answer.next_s == 15
    assert (await get(gateway, run)).HasField("last_heard_of_at")
    assert log.head.position == before


async def test_a_run_that_is_no_longer_heard_of_is_lost_until_it_is(gateway: Gateway, run: str, log: Log) -> None:
    async def last_heard_of_minutes_ago() -> None:
        async with log.database.acquire() as connection:
            await connection.execute("UPDATE modelbox_views.run_heartbeats SET at = at - interval '10 min'")

    async def lost() -> list[str]:
        request = pb.ListRunsRequest(namespace="langtech/asr", filter='status = "lost"')
        return [found.id for found in (await gateway.stub.ListRuns(request)).runs]

    heartbeat = pb.HeartbeatRunsRequest(ids=[run])
    await gateway.stub.HeartbeatRuns(heartbeat)
    assert await lost() == []
    await last_heard_of_minutes_ago()
    assert await lost() == [run]
    assert (await get(gateway, run)).status == pb.LOST
    await gateway.stub.HeartbeatRuns(heartbeat)
    assert await lost() == []
    await last_heard_of_minutes_ago()
    await set_status(gateway, run, pb.RUNNING)
    assert await lost() == []
    await last_heard_of_minutes_ago()
    await set_status(gateway, run, pb.FINISHED)
    assert (await get(gateway, run)).status == pb.FINISHED
    assert await types_of(log, run) == ["RunCreated", "RunEnded"]


async def test_heartbeats_of_an_unknown_run_are_refused_whole(gateway: Gateway, run: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.HeartbeatRuns(pb.HeartbeatRunsRequest(ids=[run, str(new_id())]))

    assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == ("OBJECT_NOT_FOUND", "ids[1]")
    assert not (await get(gateway, run)).HasField("last_heard_of_at")


async def test_runs_are_listed_by_experiment_namespace_and_parent(gateway: Gateway, experiment: str, run: str) -> None:
    child = await gateway.stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment, parent_id=run))
    other = await gateway.stub.CreateExperiment(pb.CreateExperimentRequest(name="o", namespace="langtech"))
    elsewhere = await gateway.stub.CreateRun(pb.CreateRunRequest(experiment_id=other.experiment_id))

    async def ids(**fields: Any) -> list[str]:
        return [found.id for found in (await gateway.stub.ListRuns(pb.ListRunsRequest(**fields))).runs]

    assert await ids(experiment_id=experiment) == [child.id, run]
    assert await ids(namespace="langtech") == [elsewhere.id]
    assert await ids(namespace="langtech", recursive=True) == [elsewhere.id, child.id, run]
    assert await ids(parent_id=run) == [child.id]
    assert await ids() == []


async def test_runs_are_searched_by_what_was_logged_on_them(gateway: Gateway, experiment: str) -> None:
    for n in range(4):
        hyperparameters = [pb.Hyperparameter(name="lr", json=f"0.0{n}")]
        request = pb.CreateRunRequest(experiment_id=experiment, name=f"r{n}", hyperparameters=hyperparameters)
        created = await gateway.stub.CreateRun(request)
        for step, value in enumerate((n, 10 - n, n)):
            point = pb.MetricsValue(step=step, d_val=value)
            await gateway.stub.LogMetrics(pb.LogMetricsRequest(parent_id=created.id, key="val/acc", value=point))

    async def found(**fields: Any) -> list[str]:
        request = pb.ListRunsRequest(experiment_id=experiment, **fields)
        return [run.name for run in (await gateway.stub.ListRuns(request)).runs]

    assert await found(filter="params.lr >= 0.02") == ["r3", "r2"]
    assert await found(filter='params.lr = "0.02"') == ["r2"]
    assert await found(order_by="metrics.`val/acc`.max desc", page_size=2) == ["r0", "r1"]
    assert await found(filter="metrics.`val/acc` >= 1 and not (name in ('r2'))", order_by="name") == ["r1", "r3"]


async def test_an_event_too_large_for_the_log_names_a_field(gateway: Gateway, experiment: str, log: Log) -> None:
    """Metadata and hyperparameters are each within their bounds, together they are not."""
    before = log.head.position
    metadata = pb.Metadata(json={f"k{n}": f'"{"x" * 200_000}"' for n in range(2)})
    hyperparameters = [pb.Hyperparameter(name=f"p{n}", json=f'"{"x" * 15_000}"') for n in range(20)]

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.CreateRun(
            pb.CreateRunRequest(experiment_id=experiment, metadata=metadata, hyperparameters=hyperparameters)
        )

    assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == ("INVALID_FIELD", "metadata")
    assert (await log.read_head()).position == before
    assert not await log.read_where(Position(0), to=before, types=["RunCreated"])

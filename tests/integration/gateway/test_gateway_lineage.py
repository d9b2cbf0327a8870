"""Lineage: what was made with what, linked or known from how objects came to be, to any depth and around cycles."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log
from tests.integration.gateway_server import Gateway, running_gateway


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


async def dataset(gateway: Gateway, name: str, namespace: str = "") -> str:
    return str((await gateway.stub.CreateDataset(pb.CreateDatasetRequest(name=name, namespace=namespace))).id)


async def model(gateway: Gateway, name: str) -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name=name))).id)


async def link(gateway: Gateway, used: str, made: str, relation: str = "") -> bool:
    request = pb.LinkLineageRequest(from_id=used, to_id=made, relation=relation)
    return bool((await gateway.stub.LinkLineage(request)).exists)


async def lineage(
    gateway: Gateway, of: str, *, upstream: bool = False, downstream: bool = False, depth: int = 0
) -> pb.GetLineageResponse:
    request = pb.GetLineageRequest(id=of, upstream=upstream, downstream=downstream, depth=depth)
    answer: pb.GetLineageResponse = await gateway.stub.GetLineage(request)
    return answer


def names(answer: pb.GetLineageResponse) -> list[str]:
    return [node.name for node in answer.nodes]


async def chain(gateway: Gateway, count: int) -> list[str]:
    """Create datasets of which each was made with the one before."""
    ids = [await dataset(gateway, f"d{n}") for n in range(count)]
    await asyncio.gather(*(link(gateway, used, made, "derived") for used, made in pairwise(ids)))
    return ids


async def test_a_link_joins_objects_of_any_namespace(gateway: Gateway) -> None:
    data, trained = await dataset(gateway, "mnist", "shared/data"), await model(gateway, "digits")

    assert not await link(gateway, data, trained, "training")

    for start, first in ((data, "mnist"), (trained, "digits")):
        answer = await lineage(gateway, start)
        assert answer.nodes[0].name == first
        assert {(n.id, n.type, n.name, n.namespace) for n in answer.nodes} == {
            (data, "dataset", "mnist", "shared/data"),
            (trained, "model", "digits", "default"),
        }
        assert [(e.from_id, e.to_id, e.relation) for e in answer.edges] == [(data, trained, "training")]
        assert not answer.truncated


async def test_an_equal_link_is_kept_once(gateway: Gateway, log: Log) -> None:
    data, trained = await dataset(gateway, "mnist"), await model(gateway, "digits")

    answers = await asyncio.gather(*(link(gateway, data, trained, "training") for _ in range(8)))
    other = await link(gateway, data, trained, "evaluation")

    assert (answers.count(False), other) == (1, False)
    assert (await log.read_head()).position == 4
    assert len((await lineage(gateway, data)).edges) == 2


async def test_lineage_goes_either_way_to_any_depth(gateway: Gateway) -> None:
    ids = await chain(gateway, 40)

    assert names(await lineage(gateway, ids[20], upstream=True)) == [f"d{n}" for n in range(20, -1, -1)]
    assert names(await lineage(gateway, ids[20], downstream=True)) == [f"d{n}" for n in range(20, 40)]
    assert len((await lineage(gateway, ids[20])).nodes) == 40
    assert names(await lineage(gateway, ids[20], upstream=True, depth=2)) == ["d20", "d19", "d18"]
    assert len((await lineage(gateway, ids[20], depth=1)).nodes) == 3
    assert len((await lineage(gateway, ids[20], depth=2**32 - 1)).nodes) == 40


async def test_a_cycle_ends(gateway: Gateway) -> None:
    ids = await chain(gateway, 3)
    await link(gateway, ids[2], ids[0], "derived")

    answer = await lineage(gateway, ids[0], downstream=True)

    assert sorted(names(answer)) == ["d0", "d1", "d2"]
    assert {(e.from_id, e.to_id) for e in answer.edges} == {(ids[0], ids[1]), (ids[1], ids[2]), (ids[2], ids[0])}


async def test_what_came_of_the_same_source_is_no_lineage_of_each_other(gateway: Gateway) -> None:
    data = await dataset(gateway, "mnist")
    one, two = await model(gateway, "one"), await model(gateway, "two")
    for made in (one, two):
        await link(gateway, data, made)

    assert sorted(names(await lineage(gateway, one))) == ["mnist", "one"]


async def test_what_is_known_from_how_objects_came_to_be_needs_no_link(gateway: Gateway) -> None:
    """Code to run to checkpoint to model version; the data that was linked joins in at the run."""
    stub = gateway.stub
    experiment = (await stub.CreateExperiment(pb.CreateExperimentRequest(name="e"))).experiment_id
    source = pb.Source(repository="https://git.example.org/digits", commit="c0ffee")
    run = (await stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment, name="r", source=source))).id
    data = await dataset(gateway, "mnist")
    await link(gateway, data, run, "training")
    checkpoint = (await stub.CreateCheckpoint(pb.CreateCheckpointRequest(run_id=run, epoch=3))).checkpoint_id
    digits = await model(gateway, "digits")
    promote = pb.PromoteCheckpointRequest(checkpoint_id=checkpoint, model=digits)
    version = (await stub.PromoteCheckpoint(promote)).model_version

    upstream = await lineage(gateway, version, upstream=True)
    code = next(node for node in upstream.nodes if node.type == "code")
    downstream = await lineage(gateway, code.id, downstream=True)

    assert {(node.type, node.id) for node in upstream.nodes} == {
        ("model_version", version),
        ("checkpoint", checkpoint),
        ("run", run),
        ("dataset", data),
        ("code", code.id),
    }
    assert "c0ffee" in code.name
    assert [node.type for node in downstream.nodes] == ["code", "run", "checkpoint", "model_version"]


async def test_a_file_can_be_what_something_was_made_with(gateway: Gateway) -> None:
    one, two = await model(gateway, "one"), await model(gateway, "two")
    files = [pb.FileMetadata(parent_id=one, path="s3://bucket/vocabulary.txt")]
    [file] = (await gateway.stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))).file_ids

    await link(gateway, file, two)

    answer = await lineage(gateway, two, upstream=True)
    assert [(node.type, node.name) for node in answer.nodes] == [
        ("model", "two"),
        ("artifact", "s3://bucket/vocabulary.txt"),
    ]


async def test_an_object_that_another_server_just_created_is_known(gateway: Gateway, dsn: str, tmp_path: Path) -> None:
    other_log = await Log.open(dsn)
    async with running_gateway(other_log, tmp_path / "other") as other:
        for n in range(20):
            created = await model(other, f"m{n}")
            assert [node.type for node in (await lineage(gateway, created)).nodes] == ["model"]
    await other_log.close()


async def test_an_object_that_nothing_is_known_of_is_alone(gateway: Gateway) -> None:
    alone = await model(gateway, "alone")

    answer = await lineage(gateway, alone)

    assert (names(answer), list(answer.edges), answer.truncated) == (["alone"], [], False)

"""Changing objects of every kind through the gateway: owner, description, task, comment and labels."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log
from modelbox_gateway.rules import limits
from tests.integration.gateway.every_kind import KINDS, Ids, get, ids, listed, refused
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway

__all__ = ["ids"]


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


BAD_UPDATES: Sequence[tuple[str, dict[str, Any], str]] = [
    ("run", {"task": "t"}, "task"),
    ("run", {"description": ""}, "description"),
    ("experiment", {"comment": "c"}, "comment"),
    ("checkpoint", {"owner": "ana"}, "owner"),
    ("dataset", {"description": "d"}, "description"),
    ("model", {"owner": "a\n"}, "owner"),
    ("model", {"labels": {"": "v"}}, "labels key"),
    ("model", {"labels": {"k": "v" * 256}}, "labels['k']"),
    ("model", {"labels": {"k": "v"}, "labels_removed": ["k"]}, "labels_removed[0]"),
    ("model", {"labels_removed": [""]}, "labels_removed[0]"),
    ("artifact", {"labels": {"k": "v"}}, "id"),
]


async def test_what_is_named_changes_and_the_rest_stays(gateway: Gateway, ids: Ids) -> None:
    experiment = ids["experiment"]
    first = pb.UpdateObjectRequest(
        id=experiment, owner="ana", description="d", task="t", labels={"env": "dev", "team": "x"}
    )
    await gateway.stub.UpdateObject(first)
    second = pb.UpdateObjectRequest(id=experiment, owner="", labels={"env": "prod"}, labels_removed=["team", "no"])

    updated = await gateway.stub.UpdateObject(second)

    shown = await get(gateway, "experiment", experiment)
    assert (shown.owner, shown.description, shown.task) == ("", "d", "t")
    assert dict(shown.labels) == {"env": "prod"}
    assert shown.updated_at == updated.updated_at


async def test_every_kind_is_found_by_its_labels(gateway: Gateway, ids: Ids) -> None:
    for kind in KINDS:
        await gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids[kind], labels={"privacy/level": "high"}))

        assert await listed(gateway, kind, ids, filter='labels.`privacy/level` = "high"') == [ids[kind]]
        assert await listed(gateway, kind, ids, filter='labels.`privacy/level` = "low"') == []


async def test_a_comment_of_a_run_and_a_description_of_a_version_change(gateway: Gateway, ids: Ids) -> None:
    await gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids["run"], comment="c", owner="bob"))
    await gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids["model_version"], description="d"))

    run = await get(gateway, "run", ids["run"])
    assert (run.comment, run.owner) == ("c", "bob")
    assert (await get(gateway, "model_version", ids["model_version"])).description == "d"


async def test_an_update_of_nothing_changes_nothing(gateway: Gateway, ids: Ids, log: Log) -> None:
    before = log.head.position

    answer = await gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids["model"]))

    assert answer.updated_at == (await get(gateway, "model", ids["model"])).updated_at
    assert log.head.position == before


async def test_an_object_has_a_bounded_number_of_labels(gateway: Gateway, ids: Ids) -> None:
    """However many requests they come in, and at once."""
    half = limits.LABELS_MAX // 2 + 1
    requests = [
        pb.UpdateObjectRequest(id=ids["model"], labels={f"{part}-{n}": "" for n in range(half)}) for part in "ab"
    ]

    results = await asyncio.gather(
        *(gateway.stub.UpdateObject(request) for request in requests), return_exceptions=True
    )

    [error] = [result for result in results if isinstance(result, grpc.aio.AioRpcError)]
    assert (refusal_of(error).reason, refusal_of(error).field) == ("INVALID_FIELD", "labels")
    assert len((await get(gateway, "model", ids["model"])).labels) == half


async def test_what_a_kind_has_not_is_refused(gateway: Gateway, ids: Ids, log: Log) -> None:
    before = log.head.position

    for kind, fields, field in BAD_UPDATES:
        refusal = await refused(gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids[kind], **fields)))
        assert (refusal.reason, refusal.field) == ("INVALID_FIELD", field)

    assert log.head.position == before

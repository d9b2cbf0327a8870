"""What was made with what, to any depth."""

import uuid
from itertools import pairwise
from uuid import UUID

import pytest

from modelbox_events import Log, StreamRef, object_id
from modelbox_events.types.artifact import ArtifactsTracked, TrackedFile
from modelbox_events.types.lineage import LineageLinked
from modelbox_projections import Lineage, prepare
from modelbox_projections.lineage.queries import LineageView
from tests.integration.projections.projections_objects import (
    SOURCE,
    checkpoint_created,
    checkpoint_ref,
    dataset_created,
    dataset_ref,
    experiment_created,
    experiment_ref,
    run_created,
    run_ref,
)
from tests.integration.projections_support import (
    append,
    assert_rows_are_what_the_log_gives,
    create_model,
    settled,
    version_created,
)

EXPERIMENT = experiment_ref("e")
RUN = run_ref(1)
CODE = object_id("code", SOURCE.repository, SOURCE.commit)


async def link(log: Log, from_id: UUID, to: StreamRef, relation: str = "training") -> None:
    await append(log, to, LineageLinked(from_id=from_id, to_id=to.id, relation=relation))


async def chain(log: Log, length: int) -> list[StreamRef]:
    """Create so many runs, each made with the one before."""
    runs = [run_ref(number) for number in range(100, 100 + length)]
    for run in runs:
        await append(log, run, run_created(run, EXPERIMENT.id, name=str(run.id.int)))
    for before, after in pairwise(runs):
        await link(log, before.id, after)
    return runs


def names(found: Lineage) -> list[tuple[str, str]]:
    return [(node.type, node.name) for node in found.nodes]


def edges(found: Lineage) -> set[tuple[UUID, UUID, str]]:
    return {(edge.from_id, edge.to_id, edge.relation) for edge in found.edges}


async def test_a_model_version_is_traced_to_data_and_code_and_those_to_what_came_of_them(dsn: str, log: Log) -> None:
    await prepare(dsn)
    data = dataset_created("digits")
    await append(log, dataset_ref(data), data)
    await append(log, EXPERIMENT, experiment_created(EXPERIMENT))
    await append(log, RUN, run_created(RUN, EXPERIMENT.id, name="calm-fox", source=SOURCE))
    await link(log, data.dataset_id, RUN)
    made = checkpoint_created(EXPERIMENT.id, RUN.id, epoch=3)
    await append(log, checkpoint_ref(made), made)
    model = await create_model(log, "m")
    promoted = version_created(model, "2", run_id=RUN.id, checkpoint_id=made.checkpoint_id)
    direct = version_created(model, "3", run_id=RUN.id)
    await append(log, model, promoted, direct)
    views = await settled(log)
    found = await views.of(LineageView).of(promoted.model_version_id, upstream=True, downstream=False)
    assert names(found)[:3] == [("model_version", "m 2"), ("checkpoint", "epoch 3"), ("run", "calm-fox")]
    assert set(names(found)[3:]) == {("dataset", "digits"), ("code", "https://example.org/digits.git@c0ffee")}
    assert edges(found) == {
        (made.checkpoint_id, promoted.model_version_id, "promoted"),
        (RUN.id, made.checkpoint_id, "produced"),
        (data.dataset_id, RUN.id, "training"),
        (CODE, RUN.id, "source"),
    }
    assert not found.truncated
    came_of = await views.of(LineageView).of(data.dataset_id, upstream=False, downstream=True)
    assert {node.id for node in came_of.nodes} == {
        data.dataset_id, RUN.id, made.checkpoint_id, promoted.model_version_id, direct.model_version_id,
    }  # fmt: skip
    assert (RUN.id, direct.model_version_id, "produced") in edges(came_of)
    both = await views.of(LineageView).of(RUN.id)
    assert {node.id for node in both.nodes} == {node.id for node in came_of.nodes} | {CODE}
    assert [node.id for node in (await views.of(LineageView).of(RUN.id, upstream=False, downstream=False)).nodes] == [
        RUN.id
    ]
    await assert_rows_are_what_the_log_gives(log)


async def test_a_checkpoint_of_an_experiment_comes_of_the_experiment(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await append(log, EXPERIMENT, experiment_created(EXPERIMENT))
    made = checkpoint_created(EXPERIMENT.id, step=500)
    await append(log, checkpoint_ref(made), made)
    found = await (await settled(log)).of(LineageView).of(made.checkpoint_id)
    assert names(found) == [("checkpoint", "step 500"), ("experiment", "e")]
    assert edges(found) == {(EXPERIMENT.id, made.checkpoint_id, "produced")}


@pytest.mark.parametrize("depth", [0, 1, 2, 5, 99, 1000])
async def test_a_walk_goes_as_far_as_asked_and_a_cycle_ends(dsn: str, log: Log, depth: int) -> None:
    await prepare(dsn)
    runs = await chain(log, 5)
    await link(log, runs[-1].id, runs[0], "round")
    found = await (await settled(log)).of(LineageView).of(runs[0].id, downstream=True, upstream=False, depth=depth)
    reached = min(depth or 5, 4) + 1
    assert [node.id for node in found.nodes] == [run.id for run in runs[:reached]]
    assert not found.truncated
    assert ((runs[-1].id, runs[0].id, "round") in edges(found)) == (reached == 5)


@pytest.mark.parametrize("depth", [0, 90])
async def test_the_nearest_nodes_are_kept_when_there_are_too_many(dsn: str, log: Log, depth: int) -> None:
    await prepare(dsn)
    runs = await chain(log, 10)
    # A second way round each node: without care the same node would count twice.
    for before, after in zip(runs, runs[2:], strict=False):
        await link(log, before.id, after, "too")
    views = await settled(log)
    found = await views.of(LineageView).of(runs[0].id, depth=depth, limit=4)
    assert found.truncated
    assert len(found.nodes) == 4
    assert {node.id for node in found.nodes} == {run.id for run in (*runs[:3], runs[3])}
    assert {edge.from_id for edge in found.edges} | {edge.to_id for edge in found.edges} <= {
        node.id for node in found.nodes
    }
    whole = await views.of(LineageView).of(runs[0].id, depth=depth, limit=10)
    assert not whole.truncated
    assert len(whole.nodes) == 10
    assert len(whole.edges) == 9 + 8


async def test_a_file_has_a_place_in_lineage_and_so_has_what_is_unknown(dsn: str, log: Log) -> None:
    await prepare(dsn)
    file = TrackedFile(id=uuid.uuid4(), path="s3://weights", file_type="MODEL", checksum="1")
    await append(log, RUN, run_created(RUN, EXPERIMENT.id), ArtifactsTracked(object_id=RUN.id, files=[file]))
    await link(log, file.id, RUN, "pretrained")
    stranger = uuid.uuid4()
    await link(log, stranger, RUN)
    views = await settled(log)
    found = await views.of(LineageView).of(RUN.id)
    assert {(node.id, node.type, node.name) for node in found.nodes} == {
        (RUN.id, "run", "r"), (file.id, "artifact", "s3://weights"), (stranger, "", ""),
    }  # fmt: skip
    alone = await views.of(LineageView).of(uuid.uuid4())
    assert (len(alone.nodes), alone.edges, alone.truncated) == (1, [], False)


async def test_ways_that_part_and_meet_do_not_multiply(dsn: str, log: Log) -> None:
    """Thirty diamonds in a row have a thousand million ways through them."""
    await prepare(dsn)
    for level in range(30):
        left, right, joined = (run_ref(level * 3 + place) for place in (1, 2, 3))
        for run in (left, right, joined):
            await append(log, run, run_created(run, EXPERIMENT.id))
        if level:
            await link(log, run_ref(level * 3).id, left)
            await link(log, run_ref(level * 3).id, right)
        await link(log, left.id, joined)
        await link(log, right.id, joined)
    views = await settled(log)
    for depth in (0, 100):
        found = await views.of(LineageView).of(run_ref(90).id, upstream=True, downstream=False, depth=depth)
        assert len(found.nodes) == 90
        assert len(found.edges) == 29 * 2 + 30 * 2
        assert not found.truncated

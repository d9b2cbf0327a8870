"""Training checkpoints through the gateway: keyed by epoch or step, listed, and promoted to model versions."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def experiment(gateway: Gateway) -> str:
    request = pb.CreateExperimentRequest(name="e", namespace="vision", framework=pb.PYTORCH)
    return str((await gateway.stub.CreateExperiment(request)).experiment_id)


@pytest.fixture
async def run(gateway: Gateway, experiment: str) -> str:
    return str((await gateway.stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment))).id)


@pytest.fixture
async def model(gateway: Gateway) -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet", namespace="prod"))).id)


async def create(gateway: Gateway, **fields: Any) -> str:
    return str((await gateway.stub.CreateCheckpoint(pb.CreateCheckpointRequest(**fields))).checkpoint_id)


async def get(gateway: Gateway, **fields: Any) -> pb.Checkpoint:
    answer: pb.GetCheckpointResponse = await gateway.stub.GetCheckpoint(pb.GetCheckpointRequest(**fields))
    return answer.checkpoint


async def version_of(gateway: Gateway, model_version: str) -> pb.ModelVersion:
    request = pb.GetModelVersionRequest(id=model_version)
    answer: pb.GetModelVersionResponse = await gateway.stub.GetModelVersion(request)
    return answer.model_version


async def upload(gateway: Gateway, parent: str, path: str, data: bytes) -> str:
    frame = pb.FileMetadata(parent_id=parent, path=path, file_type=pb.CHECKPOINT)
    frames = [pb.UploadFileRequest(metadata=frame), pb.UploadFileRequest(chunks=data)]
    return str((await gateway.stub.UploadFile(iter(frames))).file_id)


async def test_a_checkpoint_is_shown_as_it_was_created(gateway: Gateway, experiment: str, run: str) -> None:
    created = await create(
        gateway,
        run_id=run,
        step=2**40,
        doubles={"acc": 0.1, "loss": float("inf")},
        metrics={"acc": 0.5, "f1": 0.25},
        labels={"best": "yes"},
        metadata=pb.Metadata(json={"k": "1"}),
        files=[pb.FileMetadata(path="s3://b/w.pt", file_type=pb.CHECKPOINT)],
    )

    shown = await get(gateway, id=created)

    assert shown == await get(gateway, run_id=run, step=2**40)
    assert (shown.run_id, shown.experiment_id, shown.namespace) == (run, experiment, "vision")
    assert (shown.HasField("step"), shown.step, shown.epoch) == (True, 2**40, 0)
    assert dict(shown.doubles) == {"acc": 0.1, "f1": 0.25, "loss": float("inf")}
    assert set(shown.metrics) == {"acc", "f1", "loss"}
    assert (dict(shown.labels), dict(shown.metadata.json)) == ({"best": "yes"}, {"k": "1"})
    assert [(file.path, file.parent_id) for file in shown.files] == [("s3://b/w.pt", created)]


async def test_the_metrics_of_a_checkpoint_are_points_of_its_step(gateway: Gateway, experiment: str) -> None:
    created = await create(gateway, experiment_id=experiment, epoch=3, doubles={"acc": 0.5})

    [acc] = (await gateway.stub.GetMetrics(pb.GetMetricsRequest(parent_id=created))).metrics

    assert [(point.step, point.d_val) for point in acc.values] == [(3, 0.5)]


async def test_epochs_and_steps_of_experiment_and_run_are_checkpoints_of_their_own(
    gateway: Gateway, experiment: str, run: str
) -> None:
    ids = [
        await create(gateway, **parent, **key)
        for parent in ({"experiment_id": experiment}, {"run_id": run})
        for key in ({"epoch": 1}, {"step": 1}, {"epoch": 0}, {"step": 0})
    ]

    assert len(set(ids)) == 8
    assert (await get(gateway, experiment_id=experiment)).id == ids[2]
    assert (await get(gateway, run_id=run, step=0)).id == ids[7]


async def test_of_many_creates_of_one_key_one_creates(gateway: Gateway, run: str, dsn: str, tmp_path: Path) -> None:
    """At two gateways; what the others bring is not kept."""
    other_log = await Log.open(dsn)
    async with running_gateway(other_log, tmp_path / "other") as other:
        answers = await asyncio.gather(
            *(
                which.stub.CreateCheckpoint(pb.CreateCheckpointRequest(run_id=run, epoch=1, doubles={"n": n}))
                for n in range(8)
                for which in (gateway, other)
            )
        )
        events = await other_log.read(Position(0))
    await other_log.close()

    assert sum(not answer.exists for answer in answers) == 1
    assert len({(answer.checkpoint_id, answer.created_at.ToNanoseconds()) for answer in answers}) == 1
    assert [event.type for event in events].count("CheckpointCreated") == 1


async def test_a_checkpoint_created_again_with_its_key_does_not_exist_before(gateway: Gateway, run: str) -> None:
    request, key = pb.CreateCheckpointRequest(run_id=run, epoch=1), ((IDEMPOTENCY_KEY, "k"),)

    first = await gateway.stub.CreateCheckpoint(request, metadata=key)
    again = await gateway.stub.CreateCheckpoint(request, metadata=key)

    assert first == again
    assert not again.exists


async def test_a_run_of_another_process_is_known_with_its_experiment(
    experiment: str, run: str, dsn: str, tmp_path: Path
) -> None:
    other_log = await Log.open(dsn)
    async with running_gateway(other_log, tmp_path / "other") as other:
        created = await create(other, run_id=run, epoch=1)
        assert (await get(other, id=created)).experiment_id == experiment
    await other_log.close()


async def test_checkpoints_are_listed_by_epoch_then_step(gateway: Gateway, experiment: str, run: str) -> None:
    """Of an experiment, those of its runs too."""
    for n in (2, 10, 1):
        await create(gateway, run_id=run, epoch=n, doubles={"acc": n / 10})
    await create(gateway, experiment_id=experiment, step=5)
    await create(gateway, experiment_id=experiment, epoch=4)

    async def keys(**fields: Any) -> list[tuple[int, int]]:
        request = pb.ListCheckpointsRequest(**fields)
        listed, found = True, []
        while listed:
            page = await gateway.stub.ListCheckpoints(request)
            found += [(checkpoint.epoch, checkpoint.step) for checkpoint in page.checkpoints]
            request.page_token = page.next_page_token
            listed = bool(page.next_page_token)
        return found

    assert await keys(experiment_id=experiment, page_size=2) == [(1, 0), (2, 0), (4, 0), (10, 0), (0, 5)]
    assert await keys(run_id=run) == [(1, 0), (2, 0), (10, 0)]
    assert await keys(run_id=run, filter="metrics.acc < 0.5", order_by="metrics.acc desc") == [(2, 0), (1, 0)]


class TestPromotion:
    """One call makes a model version with all that a checkpoint holds."""

    async def test_the_version_has_what_the_checkpoint_holds(
        self, gateway: Gateway, experiment: str, run: str, model: str, log: Log
    ) -> None:
        checkpoint = await create(
            gateway,
            run_id=run,
            epoch=7,
            doubles={"acc": 0.5, "loss": 1.0},
            metadata=pb.Metadata(json={"a": "1", "b": "1"}),
            files=[pb.FileMetadata(path="s3://b/w.pt", file_type=pb.CHECKPOINT, checksum="abc")],
        )
        uploaded = await upload(gateway, checkpoint, "w.bin", b"weights")
        point = pb.MetricsValue(step=7, d_val=0.75)
        await gateway.stub.LogMetrics(pb.LogMetricsRequest(parent_id=checkpoint, key="acc", value=point))
        metadata = pb.Metadata(json={"b": "2"})
        await gateway.stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=checkpoint, metadata=metadata))
        before = log.head.position

        promoted = await gateway.stub.PromoteCheckpoint(
            pb.PromoteCheckpointRequest(
                checkpoint_id=checkpoint,
                model=model,
                unique_tags=["candidate"],
                metadata=pb.Metadata(json={"c": "3"}),
                labels={"by": "ana"},
            )
        )

        assert log.head.position == before + 1
        assert (promoted.version, promoted.name, promoted.exists) == ("1", "resnet", False)
        version = await version_of(gateway, promoted.model_version)
        assert (version.checkpoint_id, version.run_id, version.experiment_id) == (checkpoint, run, experiment)
        assert (version.framework, version.namespace, list(version.unique_tags)) == (pb.PYTORCH, "prod", ["candidate"])
        assert dict(version.metadata.json) == {"a": "1", "b": "2", "c": "3"}
        assert dict(version.labels) == {"by": "ana"}
        assert {(metric.key, metric.latest, metric.step) for metric in version.metrics} == {
            ("acc", 0.75, 7),
            ("loss", 1.0, 7),
        }
        assert {(file.path, file.uploaded, file.parent_id) for file in version.files} == {
            ("s3://b/w.pt", False, version.id),
            ("w.bin", True, version.id),
        }
        [own] = [file.id for file in version.files if file.uploaded]
        assert own != uploaded
        frames = [frame async for frame in gateway.stub.DownloadFile(pb.DownloadFileRequest(file_id=own))]
        assert b"".join(frame.chunks for frame in frames) == b"weights"

    async def test_a_version_that_exists_is_answered_as_it_is(self, gateway: Gateway, run: str, model: str) -> None:
        checkpoint = await create(gateway, run_id=run, epoch=1)
        request = pb.PromoteCheckpointRequest(checkpoint_id=checkpoint, model=model, version="1.0")

        first = await gateway.stub.PromoteCheckpoint(request)
        again = await gateway.stub.PromoteCheckpoint(request)

        assert (first.exists, again.exists) == (False, True)
        assert (first.model_version, first.created_at) == (again.model_version, again.created_at)

    async def test_a_promotion_sent_again_with_its_key_is_made_once(
        self, gateway: Gateway, run: str, model: str
    ) -> None:
        """Though the checkpoint holds more since."""
        checkpoint = await create(gateway, run_id=run, epoch=1)
        request = pb.PromoteCheckpointRequest(checkpoint_id=checkpoint, model=model)
        first = await gateway.stub.PromoteCheckpoint(request, metadata=((IDEMPOTENCY_KEY, "k"),))
        await upload(gateway, checkpoint, "late", b"late")

        again = await gateway.stub.PromoteCheckpoint(request, metadata=((IDEMPOTENCY_KEY, "k"),))

        assert first == again
        assert not (await version_of(gateway, first.model_version)).files

    async def test_a_tag_of_another_version_is_refused_unless_moved(
        self, gateway: Gateway, run: str, model: str
    ) -> None:
        checkpoint = await create(gateway, run_id=run, epoch=1)
        request = pb.PromoteCheckpointRequest(checkpoint_id=checkpoint, model=model, unique_tags=["production"])
        await gateway.stub.PromoteCheckpoint(request)

        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await gateway.stub.PromoteCheckpoint(request)
        request.move_tags = True
        moved = await gateway.stub.PromoteCheckpoint(request)

        assert refusal_of(refused.value).reason == "UNIQUE_TAG_TAKEN"
        assert (moved.version, moved.exists) == ("2", False)

    async def test_more_files_than_one_event_holds_are_refused(
        self, gateway: Gateway, run: str, model: str, log: Log
    ) -> None:
        checkpoint = await create(gateway, run_id=run, epoch=1)
        for part in range(3):
            files = [pb.FileMetadata(parent_id=checkpoint, path=f"{part}/{n}/{'x' * 900}") for n in range(300)]
            await gateway.stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))
        before = log.head.position

        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await gateway.stub.PromoteCheckpoint(pb.PromoteCheckpointRequest(checkpoint_id=checkpoint, model=model))

        assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == ("INVALID_FIELD", "checkpoint_id")
        assert log.head.position == before


async def test_a_version_names_the_run_that_made_it(gateway: Gateway, experiment: str, run: str, model: str) -> None:
    request = pb.CreateModelVersionRequest(model=model, run_id=run, labels={"env": "prod"})
    created = await gateway.stub.CreateModelVersion(request)

    version = await version_of(gateway, created.model_version)

    assert (version.run_id, version.experiment_id, version.checkpoint_id) == (run, experiment, "")
    assert dict(version.labels) == {"env": "prod"}

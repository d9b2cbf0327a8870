"""A PyTorch loop of one's own reports and goes on through `TrainingRun`."""

import multiprocessing
import pickle
import socket
import uuid
from pathlib import Path
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")

import numpy as np

from modelbox import ModelBox, RunEndedError, RunStatus
from modelbox.capture.datasets import describe
from modelbox.capture.hyperparameters import flatten
from modelbox.integrations.keeper import UPLOADED_FILES
from modelbox.integrations.pytorch import TrainingRun

pytestmark = pytest.mark.pytorch
torch.set_num_threads(1)


def _parts() -> tuple[Any, Any]:
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.Linear(8, 1))
    return model, torch.optim.Adam(model.parameters(), lr=0.05)


def _epoch(model: Any, optimizer: Any) -> float:
    optimizer.zero_grad()
    loss = model(torch.ones(16, 4)).square().mean()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def _train(box: ModelBox, run_id: str, folder: Path, *, epochs: int, fail_after: int = -1) -> list[float]:
    model, optimizer = _parts()
    losses = []
    with TrainingRun(box, "loop", namespace="tests", run_id=run_id, folder=folder, source=False) as training:
        restored = training.load_checkpoint(model, optimizer)
        for epoch in range(restored.epoch + 1 if restored else 0, epochs):
            losses.append(_epoch(model, optimizer))
            training.log_metrics({"loss": losses[-1]}, epoch)
            if epoch == fail_after:
                raise RuntimeError("out of memory")
            training.save_checkpoint(model, optimizer, epoch, {"loss": losses[-1]}, extra={"seen": epoch + 1})
    return losses


def test_a_failed_training_goes_on_as_if_nothing_had_happened(client: ModelBox, tmp_path: Path) -> None:
    """Weights, optimizer and random numbers are those of the checkpoint; every step is there once."""
    whole = _train(client, str(uuid.uuid4()), tmp_path / "whole", epochs=6)
    run_id = str(uuid.uuid4())
    with pytest.raises(RuntimeError, match="out of memory"):
        _train(client, run_id, tmp_path / "first", epochs=6, fail_after=3)
    failed = client.run(run_id)
    assert (failed.status, failed.reason) == (RunStatus.FAILED, "RuntimeError: out of memory")
    assert _train(client, run_id, tmp_path / "second", epochs=6) == whole[3:]
    run = client.run(run_id)
    assert run.status is RunStatus.FINISHED
    points = run.metrics()["loss"]
    assert [(point.step, point.value) for point in points] == list(enumerate(whole))


def test_a_finished_run_is_not_taken_up_again(client: ModelBox, tmp_path: Path) -> None:
    run_id = str(uuid.uuid4())
    _train(client, run_id, tmp_path, epochs=1)
    with pytest.raises(RunEndedError):
        _train(client, run_id, tmp_path, epochs=2)


def test_checkpoints_hold_metrics_and_more_and_become_model_versions(client: ModelBox, tmp_path: Path) -> None:
    model, optimizer = _parts()
    with TrainingRun(client, "loop", namespace="tests", folder=tmp_path) as training:
        training.save_checkpoint(model, {"main": optimizer}, 7, {"loss": torch.tensor(0.5)}, extra={"words": ["a"]})
        version = training.promote(client.new_model("net", namespace="tests"), unique_tags=("candidate",))
        other, others = _parts()
        restored = training.load_checkpoint(other, {"main": others})
    assert restored is not None
    assert (restored.epoch, restored.metrics, restored.extra) == (7, {"loss": 0.5}, {"words": ["a"]})
    assert version is not None
    assert version.unique_tags == ("candidate",)
    assert [artifact.path for artifact in version.artifacts()] == ["epoch-0007.pt"]


def test_reading_a_checkpoint_runs_no_code_of_it(client: ModelBox, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "evil",))

    torch.save({"model": Evil()}, tmp_path / "bad.pt")
    run = client.start_run("loop", namespace="tests")
    checkpoint = run.new_checkpoint(0)
    checkpoint.upload_artifact(tmp_path / "bad.pt")
    checkpoint.update_metadata(UPLOADED_FILES, 1)
    model, _ = _parts()
    training = TrainingRun(client, "loop", namespace="tests", run_id=run.id, folder=tmp_path)
    with training, pytest.raises(pickle.UnpicklingError, match=r"[Ww]eights.only"):
        training.load_checkpoint(model)
    assert not (tmp_path / "evil").exists()


def test_a_checkpoint_whose_upload_was_cut_off_is_not_gone_on_from(client: ModelBox, tmp_path: Path) -> None:
    run_id = str(uuid.uuid4())
    with pytest.raises(RuntimeError):
        _train(client, run_id, tmp_path / "first", epochs=3, fail_after=2)
    cut_off = client.run(run_id).new_checkpoint(2)
    cut_off.upload_artifact(__file__)
    model, optimizer = _parts()
    with TrainingRun(client, "loop", namespace="tests", run_id=run_id, folder=tmp_path / "second") as training:
        restored = training.load_checkpoint(model, optimizer)
    assert restored is not None
    assert restored.epoch == 1


def _rank(rank: int, port: int, address: str, folder: str, results: Any) -> None:
    torch.distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", world_size=2, rank=rank)
    torch.manual_seed(rank)
    model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
    with ModelBox(address) as box, TrainingRun(box, "parallel", namespace="tests", folder=folder) as training:
        training.log_metrics({"loss": 1.0}, 0)
        saved = training.save_checkpoint(model, epoch=4)
        with torch.no_grad():
            model.module.weight.zero_()
        restored = training.load_checkpoint(model)
        results.put((rank, saved is not None, restored and restored.epoch, model.module.weight.tolist()))
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_only_rank_zero_reports_and_every_rank_gets_what_is_loaded(client: ModelBox, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    arguments = (port, client.address, str(tmp_path), results)
    ranks = [context.Process(target=_rank, args=(rank, *arguments)) for rank in range(2)]
    for process in ranks:
        process.start()
    (_, saved, epoch, weight), (_, saved_too, epoch_too, weight_too) = sorted(results.get(timeout=90) for _ in ranks)
    for process in ranks:
        process.join(30)
    assert (saved, saved_too) == (True, False)
    assert (epoch, weight) == (epoch_too, weight_too) == (4, weight)
    assert weight != [[0.0, 0.0]]
    [run] = client.runs("tests")
    assert [point.step for point in run.metrics()["loss"]] == [0]


def test_tensors_are_described_as_the_arrays_they_are() -> None:
    tensor = torch.arange(6, dtype=torch.float32, requires_grad=True).reshape(2, 3)
    assert describe(tensor).digest == describe(np.arange(6, dtype="float32").reshape(2, 3)).digest
    described = describe(torch.utils.data.TensorDataset(tensor, torch.tensor([0, 1])))
    assert described.row_count == 2
    assert described.columns[1].summary["labels"] == [[0, 1], [1, 1]]
    assert describe(torch.ones(2, dtype=torch.bfloat16)).columns[0].summary["mean"] == 1


def test_scalars_types_and_large_tensors_are_hyperparameters() -> None:
    given = {"rate": torch.tensor(0.5), "type": torch.float16, "weights": torch.zeros(30, 30)}
    assert flatten(given) == {
        "rate": 0.5,
        "type": "torch.float16",
        "weights": "Tensor of shape (30, 30) and type torch.float32",
    }

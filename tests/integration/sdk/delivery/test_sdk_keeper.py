"""Checkpoints that a framework saves are recorded in the background, whatever becomes of files and server."""

import errno
import os
from pathlib import Path

import pytest

from modelbox import ModelBox, Run, RunStatus
from modelbox.integrations.keeper import UPLOADED_AS, UPLOADED_FILES, WAITING_MAX, CheckpointKeeper, Saved
from modelbox.integrations.restoring import History, last_checkpoint, restore
from tests.integration.sdk_server import SdkServer


def _saved(folder: Path, step: int) -> Saved:
    path = folder / f"step-{step}.ckpt"
    path.write_bytes(b"%d" % step)
    return Saved(path=str(path), step=step, metrics={"loss": 1.0}, metadata={})


def test_what_is_removed_before_it_is_sent_arrives_all_the_same(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path
) -> None:
    run = client.start_run("kept", namespace="demo", source=False)
    client.flush()
    keeper = CheckpointKeeper(run, upload=True)
    sdk_server.stop()
    for step in (1, 2):
        saved = _saved(tmp_path, step)
        keeper.keep(saved)
        Path(saved.path).unlink()
    sdk_server.start()
    keeper.close()
    client.flush()
    assert [one.download_artifacts(tmp_path)[0].read_bytes() for one in run.checkpoints()] == [b"1", b"2"]
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_more_than_may_wait_are_given_up_the_oldest_first_and_told(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = client.start_run("kept", namespace="demo", source=False)
    client.flush()
    keeper = CheckpointKeeper(run, upload=True)
    sdk_server.stop()
    for step in range(WAITING_MAX + 3):
        keeper.keep(_saved(tmp_path, step))
    told = [record.getMessage() for record in caplog.records if "were given up" in record.getMessage()]
    assert [text.split(":")[0] for text in told] == [
        f"the files of checkpoint {tmp_path}/step-{step}.ckpt were given up" for step in range(3)
    ]
    sdk_server.start()
    client.flush()

    checkpoints = run.checkpoints()
    assert [one.step for one in checkpoints] == list(range(WAITING_MAX + 3))
    assert [one.step for one in checkpoints if UPLOADED_FILES in one.metadata()] == list(range(3, WAITING_MAX + 3))
    assert list(tmp_path.glob(".*")) == []


def test_a_folder_is_one_checkpoint_and_comes_back_as_a_folder(client: ModelBox, tmp_path: Path) -> None:
    run = client.start_run("kept", namespace="demo", source=False)
    folder = tmp_path / "checkpoint-7"
    (folder / "inner").mkdir(parents=True)
    (folder / "weights").write_bytes(b"w")
    (folder / "inner/state").write_bytes(b"s")
    keeper = CheckpointKeeper(run, upload=True)
    keeper.keep(Saved(path=str(folder), step=7, metrics={}, metadata={"epoch": 1}))
    keeper.close()
    checkpoint = last_checkpoint(run)
    assert checkpoint is not None
    assert checkpoint.metadata() == {"epoch": 1, UPLOADED_FILES: 2, UPLOADED_AS: folder.name}
    restored = restore(checkpoint, tmp_path / "restored")
    assert restored == tmp_path / "restored/checkpoint-7"
    assert (restored / "inner/state").read_bytes() == b"s"


def test_without_hard_links_files_are_copied(client: ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    run = client.start_run("kept", namespace="demo", source=False)
    keeper = CheckpointKeeper(run, upload=True)
    keeper.keep(_saved(tmp_path, 1))
    keeper.close()
    assert [artifact.path for artifact in run.checkpoint(step=1).artifacts()] == ["step-1.ckpt"]


def test_what_a_killed_process_held_is_removed_by_the_next(client: ModelBox, tmp_path: Path) -> None:
    run = client.start_run("kept", namespace="demo", source=False)
    left = tmp_path / f".modelbox-held-{run.id}-1234-0"
    left.mkdir()
    (left / "old.ckpt").write_bytes(b"old")
    keeper = CheckpointKeeper(run, upload=True)
    keeper.keep(_saved(tmp_path, 1))
    keeper.close()
    assert not left.exists()


def test_a_uri_is_recorded_as_it_is(client: ModelBox) -> None:
    run = client.start_run("kept", namespace="demo", source=False)
    keeper = CheckpointKeeper(run, upload=True)
    keeper.keep(Saved(path="s3://bucket/last.ckpt", epoch=3, metrics={"loss": 0.5}, metadata={}))
    keeper.close()
    [artifact] = run.checkpoint(3).artifacts()
    assert (artifact.path, artifact.uploaded) == ("s3://bucket/last.ckpt", False)
    assert last_checkpoint(run) is None


def test_a_resumed_run_knows_its_last_steps_without_reading_its_points(
    client: ModelBox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However long they are; what is left out, perhaps for one stray point, is told once a metric."""
    run = client.start_run("long", namespace="demo", source=False)
    for step in (1, 2, 3):
        run.log_metrics({"loss": 0.5, "acc": 0.1}, step=step)
    run.log_metrics({"acc": 0.1}, step=1_000_000)
    run.finish(RunStatus.FAILED)
    again = run.experiment().new_run(id=run.id, source=False)
    monkeypatch.setattr(Run, "metrics", lambda *_, **__: pytest.fail("it was read"))

    history = History(again)
    logged = [history.new_points({"loss": 0.4, "acc": 0.2}, step) for step in (3, 4, 5)]

    assert logged == [{}, {"loss": 0.4}, {"loss": 0.4}]
    told = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert [text.split(":")[0] for text in told] == [
        "metric 'acc' has points up to step 1000000 already",
        "metric 'loss' has points up to step 3 already",
    ]


@pytest.mark.parametrize("names", [("a.pt", "a.pt", "a.pt"), ("a.pt", "b.pt", "a.pt"), ("b.pt", "a.pt", "c.pt")])
def test_of_the_saves_of_an_epoch_the_last_is_gone_on_from(
    client: ModelBox, tmp_path: Path, names: tuple[str, ...]
) -> None:
    """Under whichever names, also when an earlier one came to be what it was before."""
    run = client.start_run("kept", namespace="demo", source=False)
    keeper = CheckpointKeeper(run, upload=True)
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(b"weights %d" % number)
        keeper.keep(Saved(path=str(tmp_path / name), epoch=1, metrics={}, metadata={}))
        if number < 2:
            assert keeper.wait()
    keeper.close()

    [checkpoint] = run.checkpoints()
    restored = restore(checkpoint, tmp_path / "restored")

    assert restored.name == names[-1]
    assert restored.read_bytes() == b"weights 2"


def test_a_save_that_waits_is_replaced_by_the_next_one_of_its_epoch(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path
) -> None:
    run = client.start_run("kept", namespace="demo", source=False)
    client.flush()
    keeper = CheckpointKeeper(run, upload=True)
    sdk_server.stop()
    path = tmp_path / "epoch-1.pt"
    for number in range(WAITING_MAX + 3):
        path.unlink(missing_ok=True)
        path.write_bytes(b"weights %d" % number)
        keeper.keep(Saved(path=str(path), epoch=1, metrics={}, metadata={}))
    sdk_server.start()
    keeper.close()
    client.flush()

    [checkpoint] = run.checkpoints()
    assert restore(checkpoint, tmp_path / "restored").read_bytes() == b"weights %d" % (WAITING_MAX + 2)


def test_a_checkpoint_that_is_written_over_before_it_is_sent_is_given_up_and_told(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rather than that all of them have the bytes of the last."""
    run = client.start_run("kept", namespace="demo", source=False)
    client.flush()
    keeper = CheckpointKeeper(run, upload=True)
    sdk_server.stop()
    path = tmp_path / "last.pt"
    for step in (10, 20, 30):
        path.write_bytes(b"step %d" % step)
        keeper.keep(Saved(path=str(path), step=step, metrics={}, metadata={}))
    sdk_server.start()
    keeper.close()
    client.flush()

    whole = [one for one in run.checkpoints() if UPLOADED_FILES in one.metadata()]
    assert [one.step for one in whole] == [30]
    assert restore(whole[0], tmp_path / "restored").read_bytes() == b"step 30"
    told = [record.getMessage() for record in caplog.records if "written to again" in record.getMessage()]
    assert len(told) == 2
